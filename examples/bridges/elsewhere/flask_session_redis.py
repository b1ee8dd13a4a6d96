"""Flask-Session over Redis, by requests to an app with its session interface."""

import os
from datetime import timedelta
from importlib.metadata import version
from urllib.parse import urlsplit

import flask
from flask_session import Session
from redis import Redis

from loop import Sessions, not_found, seconds, serve

server = urlsplit(os.environ["REDIS_URL"])
# The lifetime is a setting of the app. Here, it is the ttl of the session that a request names.
ttls = {}


class FlaskSession(Sessions):
    def __init__(self, namespace, endpoint):
        host, port = (endpoint["host"], endpoint["port"]) if endpoint else (server.hostname, server.port)
        self.settings = {
            "SESSION_TYPE": "redis",
            "SESSION_REDIS": Redis(host, port),
            "SESSION_KEY_PREFIX": f"{namespace}:",
            "PROPAGATE_EXCEPTIONS": True,
        }

    def request(self, session_id, lifetime, handle):
        """Sends a request whose handler calls `handle`. Returns its result, and the id in the cookie of the response."""
        app = flask.Flask(__name__)
        app.config.update(self.settings, PERMANENT_SESSION_LIFETIME=timedelta(seconds=lifetime))
        Session(app)
        results = []

        @app.get("/")
        def answer():
            results.append(handle(flask.session))
            return ""

        client = app.test_client(use_cookies=False)
        response = client.get("/", headers={"Cookie": f"session={session_id}"} if session_id else {})
        cookie = response.headers.get("Set-Cookie", "").removeprefix("session=").split(";")[0]
        return results[0], cookie

    def create(self, fields, ttl_ms):
        _, session_id = self.request(None, seconds(ttl_ms), lambda session: session.update(fields))
        ttls[session_id] = seconds(ttl_ms)
        return session_id

    def load(self, session_id):
        fields, _ = self.request(session_id, ttls.get(session_id, 1), dict)
        return fields if "data" in fields else None

    def save(self, session_id, fields, ttl_ms):
        def handle(session):
            found = "data" in session
            if found:
                session.update(fields)
            return found

        found, written = self.request(session_id, seconds(ttl_ms), handle)
        if not found:
            raise not_found()
        ttls[written] = seconds(ttl_ms)
        return written

    def delete(self, session_id):
        self.request(session_id, ttls.get(session_id, 1), lambda session: session.clear())

    def probe(self):
        # A request that only loads a session stores one.
        self.delete("0123456789abcdef0123456789abcdef")


def inspect(namespace):
    with Redis(server.hostname, server.port) as admin:
        return [f"{key} {admin.get(key)}" for key in admin.scan_iter(f"{namespace}:*")]


serve(
    {
        "name": "Flask-Session",
        "versions": {"flask-session": version("flask-session"), "flask": version("flask")},
        "declarations": {"malformedIds": "NotFound"},
        "endpoint": {"host": server.hostname, "port": server.port},
    },
    FlaskSession,
    inspect,
)
