"""Beaker over Redis, with the calls of its middleware."""

import os
from urllib.parse import urlsplit

import beaker
from beaker.session import SessionObject

from loop import Sessions, seconds, serve

redis = urlsplit(os.environ["REDIS_URL"])
databases = {}
# The timeout is a setting of the app. Here, it is the ttl of the session that a request names.
ttls = {}
# As the middleware does by default.
options = {"invalidate_corrupt": True}


class Beaker(Sessions):
    def __init__(self, namespace, endpoint):
        # Beaker's keys have a fixed prefix.
        database = databases.setdefault(namespace, len(databases) % 16)
        host, port = (endpoint["host"], endpoint["port"]) if endpoint else (redis.hostname, redis.port)
        self.url = f"redis://{host}:{port}/{database}"

    def request(self, session_id, handle):
        """Calls `handle` with the session of a request, and then saves as the middleware does."""
        environ = {"HTTP_COOKIE": f"beaker.session.id={session_id}"} if session_id else {}
        session = SessionObject(environ, type="ext:redis", url=self.url, timeout=ttls.get(session_id), **options)
        result = handle(session)
        if session.accessed():
            session.persist()
        return result

    def write(self, session_id, fields, ttl_ms):
        def handle(session):
            session._session().timeout = seconds(ttl_ms)
            session._session().namespace_args["timeout"] = seconds(ttl_ms) + 120
            for name, value in fields.items():
                session[name] = value
            session.save()
            return session.id

        ttls[session_id] = seconds(ttl_ms)
        written = self.request(session_id, handle)
        ttls[written] = seconds(ttl_ms)
        return written

    def create(self, fields, ttl_ms):
        return self.write(None, fields, ttl_ms)

    def load(self, session_id):
        fields = self.request(session_id, lambda session: dict(session._session()))
        return fields if "data" in fields else None

    def save(self, session_id, fields, ttl_ms):
        return self.write(session_id, fields, ttl_ms)

    def delete(self, session_id):
        self.request(session_id, lambda session: session.delete())


serve(
    {
        "name": "Beaker",
        "versions": {"beaker": beaker.__version__},
        "declarations": {"malformedIds": "NotFound"},
        "endpoint": {"host": redis.hostname, "port": redis.port},
    },
    Beaker,
)
