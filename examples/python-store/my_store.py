"""A session store in Python that the conformance kit checks: a dictionary behind the kit's protocol for processes.

    npx @bext/session-conformance --process "python3 my_store.py"
"""

import hashlib
import json
import re
import secrets
import sys
import time

MAX_TTL_MS = 3_155_760_000_000
MAX_DATA_BYTES = 1_048_576
ID = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class SessionError(Exception):
    def __init__(self, code, reason, message):
        super().__init__(message)
        self.answer = {"code": code, "reason": reason, "message": message}


def not_found():
    return SessionError("NotFound", "unknown", "The session does not exist or has expired.")


def now_ms():
    return time.time_ns() // 1_000_000


def key_of(session_id):
    """Returns the hash under which a session is stored. Nothing in the store authenticates anyone."""
    if not ID.fullmatch(session_id):
        raise SessionError("Invalid", "malformed", "The session id is malformed.")
    return hashlib.sha256(session_id.encode()).hexdigest()


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def check_data(text):
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise SessionError("Invalid", "bad_argument", "dataJson holds a lone surrogate.") from None
    if size > MAX_DATA_BYTES:
        raise SessionError("Invalid", "too_large", f"dataJson has {size} bytes; at most {MAX_DATA_BYTES} are taken.")
    try:
        # Python would accept NaN and Infinity.
        json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise SessionError("Invalid", "bad_argument", "dataJson is not JSON text, or is nested too deep.") from None
    return text


def check_ttl(ttl_ms):
    # True and False are of a class that extends int.
    if type(ttl_ms) is int and 0 < ttl_ms <= MAX_TTL_MS:
        return ttl_ms
    raise SessionError("Invalid", "bad_argument", f"ttlMs must be a whole number from 1 to {MAX_TTL_MS}.")


class MemoryStore:
    def __init__(self):
        self.rows = {}

    def find(self, session_id):
        row = self.rows.get(key_of(session_id))
        if row is None or row["expiresAtMs"] <= now_ms():
            raise not_found()
        return row

    def create(self, dataJson, ttlMs, userId=None):
        session_id = secrets.token_urlsafe(32)
        created = now_ms()
        row = {"dataJson": check_data(dataJson), "createdAtMs": created, "expiresAtMs": created + check_ttl(ttlMs)}
        self.rows[key_of(session_id)] = {**row, "userId": userId}
        return session_id

    def read(self, sessionId):
        return dict(self.find(sessionId))

    def update(self, sessionId, dataJson):
        data = check_data(dataJson)
        self.find(sessionId)["dataJson"] = data
        return sessionId

    def touch(self, sessionId, ttlMs):
        ttl = check_ttl(ttlMs)
        self.find(sessionId)["expiresAtMs"] = now_ms() + ttl
        return sessionId

    def delete(self, sessionId):
        if ID.fullmatch(sessionId):
            self.rows.pop(key_of(sessionId), None)

    def isHealthy(self):
        return True


class Kit:
    """Answers the requests that are about the process, and opens stores. Stores of a namespace share their rows."""

    def __init__(self):
        self.namespaces = {}
        self.stores = {}

    def hello(self, protocol):
        declarations = {"maxDataBytes": MAX_DATA_BYTES}
        return {"protocol": 1, "name": "python memory", "family": "server", "declarations": declarations, "inspect": True}

    def open(self, store, namespace, **_):
        self.stores[store] = self.namespaces.setdefault(namespace, MemoryStore())

    def release(self, store):
        del self.stores[store]

    def inspect(self, namespace):
        rows = self.namespaces.setdefault(namespace, MemoryStore()).rows
        return {"texts": [json.dumps([key, row]) for key, row in rows.items()]}

    def answer(self, method, params):
        if method in ("hello", "open", "release", "inspect"):
            return getattr(self, method)(**params)
        store = self.stores[params.pop("store")]
        return getattr(store, method)(**params)


kit = Kit()
for line in sys.stdin:
    request = json.loads(line)
    answer = {"id": request["id"]}
    try:
        answer["result"] = kit.answer(request["method"], request["params"])
    except SessionError as error:
        answer["error"] = error.answer
    print(json.dumps(answer), flush=True)
