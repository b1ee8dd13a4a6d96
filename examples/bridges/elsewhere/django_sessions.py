"""Django's session backends, by the first argument: db, cached_db, file or signed_cookies."""

import contextlib
import importlib
import os
import sys
import tempfile
import threading
from urllib.parse import urlsplit

import django
from django.conf import settings

from loop import Sessions, not_found, seconds, serve

backend = sys.argv[1]
postgres = urlsplit(os.environ.get("POSTGRES_URL", ""))
redis = urlsplit(os.environ.get("REDIS_URL", ""))
here = threading.local()


class Router:
    """Chooses the database of the store that a thread works for."""

    def db_for_read(self, model, **_):
        return here.alias

    db_for_write = db_for_read


settings.configure(
    SECRET_KEY="elsewhere" * 5,
    INSTALLED_APPS=["django.contrib.sessions"],
    DATABASES={"default": {}},
    DATABASE_ROUTERS=[f"{__name__}.Router"],
    CACHES={"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}},
    SESSION_FILE_PATH=tempfile.gettempdir(),
    USE_TZ=True,
    LOGGING_CONFIG=None,
)
django.setup()

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connections

SessionStore = importlib.import_module(f"django.contrib.sessions.backends.{backend}").SessionStore
folder = tempfile.mkdtemp(prefix="django-sessions-")
made = set()
one_secret = threading.Lock()


def database(namespace, host, port):
    return {
        **connections.databases["default"],
        "ENGINE": "django.db.backends.postgresql",
        "NAME": postgres.path[1:],
        "USER": postgres.username,
        "PASSWORD": postgres.password or "",
        "HOST": host,
        "PORT": port,
        "OPTIONS": {"options": f"-c search_path={namespace}"},
        "TIME_ZONE": None,
    }


def make_table(namespace):
    here.alias = f"{namespace}-admin"
    connections.databases[here.alias] = database(namespace, postgres.hostname, postgres.port)
    if namespace not in made:
        with connections[here.alias].cursor() as cursor:
            cursor.execute(f"create schema if not exists {namespace}")
        with connections[here.alias].schema_editor() as editor:
            editor.create_model(Session)
        made.add(namespace)


class Django(Sessions):
    def __init__(self, namespace, endpoint):
        self.alias = f"{namespace}-{endpoint['port'] if endpoint else 0}"
        self.namespace = namespace
        host, port = (endpoint["host"], endpoint["port"]) if endpoint else (None, None)
        if backend in ("db", "cached_db"):
            make_table(namespace)
            direct = backend == "cached_db" or not endpoint
            connections.databases[self.alias] = database(
                namespace, *((postgres.hostname, postgres.port) if direct else (host, port))
            )
        if backend == "cached_db":
            caches.settings[self.alias] = {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": f"redis://{host or redis.hostname}:{port or redis.port}/0",
                "KEY_PREFIX": namespace,
            }
        if backend == "file":
            os.makedirs(os.path.join(folder, namespace), exist_ok=True)

    def of(self, session_id=None):
        here.alias = self.alias
        store = SessionStore(session_id)
        if backend == "file":
            store.storage_path = os.path.join(folder, self.namespace)
        if backend == "cached_db":
            store._cache = caches[self.alias]
        return store

    @contextlib.contextmanager
    def secret(self):
        """Signs cookies for the namespace. Django has one secret for all threads."""
        if backend != "signed_cookies":
            yield
            return
        with one_secret:
            settings.SECRET_KEY = self.namespace.ljust(50, "x")
            yield

    def close(self):
        """Closes the connection of the thread, as Django does after each request by default."""
        if backend in ("db", "cached_db"):
            connections[self.alias].close()

    def write(self, store, fields, ttl_ms):
        try:
            with self.secret():
                store.set_expiry(seconds(ttl_ms))
                store.update(fields)
                store.save()
        except UpdateError:
            raise not_found() from None
        finally:
            self.close()
        return store.session_key

    def create(self, fields, ttl_ms):
        return self.write(self.of(), fields, ttl_ms)

    def load(self, session_id):
        try:
            with self.secret():
                fields = dict(self.of(session_id).items())
        finally:
            self.close()
        return fields if "data" in fields else None

    def save(self, session_id, fields, ttl_ms):
        return self.write(self.of(session_id), fields, ttl_ms)

    def delete(self, session_id):
        store = self.of(session_id)
        try:
            # As flush() does at a logout, after the session was loaded.
            store.load()
            store.delete()
        finally:
            self.close()


def inspect(namespace):
    if backend == "file":
        paths = [entry.path for entry in os.scandir(os.path.join(folder, namespace))]
        return [f"{path} {open(path).read()}" for path in paths]
    make_table(namespace)
    return [f"{row.session_key} {row.session_data}" for row in Session.objects.all()]


endpoints = {"db": postgres, "cached_db": redis}
endpoint = endpoints.get(backend)
serve(
    {
        "name": f"Django {backend}",
        "family": "client" if backend == "signed_cookies" else "server",
        "versions": {"django": django.__version__},
        "declarations": {"malformedIds": "NotFound"},
        **({"endpoint": {"host": endpoint.hostname, "port": endpoint.port}} if endpoint else {}),
    },
    Django,
    None if backend == "signed_cookies" else inspect,
)
