"""The encrypted cookies of aiohttp-session, by requests to its middleware."""

import asyncio
import hashlib
import threading

import aiohttp
import aiohttp_session
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from aiohttp_session.cookie_storage import EncryptedCookieStorage

from loop import Sessions, seconds, serve

# All requests run on one event loop, as in a server.
event_loop = asyncio.new_event_loop()
threading.Thread(target=event_loop.run_forever, daemon=True).start()
# The lifetime is a setting of the app. Here, it is the ttl of the session that a request names.
ttls = {}


class Aiohttp(Sessions):
    def __init__(self, namespace, _):
        self.secret = hashlib.sha256(namespace.encode()).digest()

    def request(self, cookie, lifetime, handle):
        """Sends a request whose handler calls `handle`. Returns its result, and the cookie of the response."""
        storage = EncryptedCookieStorage(self.secret, max_age=lifetime)
        results = []

        async def answer(request):
            results.append(handle(await aiohttp_session.get_session(request)))
            return web.Response()

        async def respond():
            headers = {"Cookie": f"{storage.cookie_name}={cookie}"} if cookie else {}
            request = make_mocked_request("GET", "/", headers=headers)
            return await aiohttp_session.session_middleware(storage)(request, answer)

        response = asyncio.run_coroutine_threadsafe(respond(), event_loop).result()
        written = response.cookies.get(storage.cookie_name)
        return results[0], written.value if written else None

    def create(self, fields, ttl_ms):
        _, written = self.request(None, seconds(ttl_ms), lambda session: session.update(fields))
        ttls[written] = seconds(ttl_ms)
        return written

    def load(self, cookie):
        fields, _ = self.request(cookie, ttls.get(cookie), dict)
        return fields if "data" in fields else None

    def save(self, _, fields, ttl_ms):
        # The cookie is the session, so a save is a new one.
        return self.create(fields, ttl_ms)

    def delete(self, cookie):
        self.request(cookie, ttls.get(cookie), lambda session: session.invalidate())


serve(
    {
        "name": "aiohttp-session",
        "family": "client",
        "versions": {"aiohttp-session": aiohttp_session.__version__, "aiohttp": aiohttp.__version__},
        "declarations": {"malformedIds": "NotFound"},
    },
    Aiohttp,
)
