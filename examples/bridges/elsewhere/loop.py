"""The kit's protocol for processes over a session library. A bridge has the four functions of `Sessions`."""

import json
import math
import os
import re
import sys
import threading
import time

# A session id arrives in a cookie, so nothing else reaches a library.
COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]+")
MAX_TTL_MS = 3_155_760_000_000


class Refused(Exception):
    def __init__(self, code, message, cause=None):
        super().__init__(message)
        self.answer = {"code": code, "message": message, **({"cause": cause} if cause else {})}


def not_found():
    return Refused("NotFound", "The library has no such session.")


def now_ms():
    return time.time_ns() // 1_000_000


def seconds(ttl_ms):
    return math.ceil(ttl_ms / 1000)


class Sessions:
    """A bridge. `fields` are what the session stores: texts and numbers."""

    def create(self, fields, ttl_ms):
        """Returns the id that the library gave the session."""

    def load(self, session_id):
        """Returns the fields, or None."""

    def save(self, session_id, fields, ttl_ms):
        """Returns the id. Raises `not_found()` if the library refuses to save."""

    def delete(self, session_id):
        """Deletes the session if it exists."""

    def probe(self):
        """Asks the backend. Raises if it does not answer."""
        self.load("0123456789abcdef0123456789abcdef")


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def check_data(text):
    try:
        json.loads(text, parse_constant=refuse_constant)
    except ValueError:
        raise Refused("Invalid", "dataJson is not JSON text.") from None
    return text


def check_ttl(ttl_ms):
    if isinstance(ttl_ms, int) and 0 < ttl_ms <= MAX_TTL_MS:
        return ttl_ms
    raise Refused("Invalid", "ttlMs is no whole number in the range.")


class Calls:
    """The calls of a store, over a bridge. The times are in the session, by the clock of this process."""

    def __init__(self, sessions):
        self.sessions = sessions

    def load(self, session_id):
        fields = self.sessions.load(session_id) if COOKIE_VALUE.fullmatch(session_id) else None
        if fields is None:
            raise not_found()
        return fields

    def create(self, dataJson, ttlMs, userId=None):
        ttl, created = check_ttl(ttlMs), now_ms()
        fields = {"data": check_data(dataJson), "user": userId, "created": created, "expires": created + ttl}
        return self.sessions.create(fields, ttl)

    def read(self, sessionId):
        fields = self.load(sessionId)
        times = {"createdAtMs": fields["created"], "expiresAtMs": fields["expires"]}
        return {"userId": fields["user"], "dataJson": fields["data"], **times}

    def update(self, sessionId, dataJson):
        data, fields = check_data(dataJson), self.load(sessionId)
        return self.sessions.save(sessionId, {**fields, "data": data}, max(1, fields["expires"] - now_ms()))

    def touch(self, sessionId, ttlMs):
        ttl, fields = check_ttl(ttlMs), self.load(sessionId)
        return self.sessions.save(sessionId, {**fields, "expires": now_ms() + ttl}, ttl)

    def delete(self, sessionId):
        if COOKIE_VALUE.fullmatch(sessionId):
            self.sessions.delete(sessionId)

    def isHealthy(self):
        try:
            self.sessions.probe()
        except Exception:
            return False
        return True


def serve(hello, open_sessions, inspect=None):
    """Answers each request in a thread, as a web server does. `open_sessions(namespace, endpoint)` makes a bridge."""
    stores = {}
    lock = threading.Lock()

    def answer(method, params):
        if method == "hello":
            return {"protocol": 1, "family": "server", "inspect": inspect is not None, **hello}
        if method == "open":
            stores[params["store"]] = Calls(open_sessions(params["namespace"], params.get("endpoint")))
            return None
        if method == "release":
            return None
        if method == "inspect":
            return {"texts": inspect(**params)}
        return getattr(stores[params.pop("store")], method)(**params)

    def reply(request):
        message = {"id": request["id"]}
        try:
            message["result"] = answer(request["method"], request["params"])
        except Refused as error:
            message["error"] = error.answer
        except Exception as error:
            message["error"] = {"code": "Backend", "message": "The library failed.", "cause": repr(error)}
        with lock:
            print(json.dumps(message), flush=True)

    for line in sys.stdin:
        request = json.loads(line)
        if request["method"] in ("hello", "open", "release", "inspect"):
            reply(request)
        else:
            threading.Thread(target=reply, args=(request,), daemon=True).start()
    # Threads may wait for a server that the kit has stalled.
    os._exit(0)
