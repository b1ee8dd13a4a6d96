import { fileURLToPath } from 'node:url'

/** A session library, and the way to run the kit over it. */
export interface Subject {
  readonly name: string
  readonly language: 'Python' | 'PHP' | 'Perl' | 'Ruby' | 'Go' | 'Node'
  /** The place of its sessions, as the page names it. */
  readonly backend: string
  /** The program that speaks the kit's protocol for processes. Absent: a store of `npm-stores.ts`. */
  readonly program?: string
  /** A command that fails if the library is missing. */
  readonly probe: string
  /** The Debian packages, or the npm packages with their versions, that bring the library. */
  readonly packages: readonly string[]
  /** npm packages of these whose install script downloads or compiles a binary. Install scripts of others do not run. */
  readonly binaries?: readonly string[]
}

const folder = fileURLToPath(new URL('../../elsewhere/', import.meta.url))

// Debian's, where python3 may be another one.
const python = '/usr/bin/python3'

// Debian's packages of Go are folders of a GOPATH.
const go = 'GO111MODULE=off GOPATH=/usr/share/gocode'

function django(backend: string, stores: string, modules: string, packages: readonly string[]): Subject {
  return {
    name: `Django ${backend}`,
    language: 'Python',
    backend: stores,
    program: `${python} ${folder}django_sessions.py ${backend}`,
    probe: `${python} -c 'import ${modules}'`,
    packages,
  }
}

function npm(name: string, backend: string, packages: readonly string[], probe = 'true'): Subject {
  return { name, language: 'Node', backend, probe, packages }
}

export const subjects: readonly Subject[] = [
  django('db', 'PostgreSQL', 'django, psycopg2', ['python3-django', 'python3-psycopg2']),
  django('cached_db', 'Redis before PostgreSQL', 'django, psycopg2, django_redis', [
    'python3-django',
    'python3-psycopg2',
    'python3-django-redis',
  ]),
  django('file', 'files', 'django', ['python3-django']),
  django('signed_cookies', 'the cookie', 'django', ['python3-django']),
  {
    name: 'Beaker',
    language: 'Python',
    backend: 'Redis',
    program: `${python} ${folder}beaker_sessions.py`,
    probe: `${python} -c 'import beaker, redis'`,
    packages: ['python3-beaker', 'python3-redis'],
  },
  {
    name: 'Flask-Session',
    language: 'Python',
    backend: 'Redis',
    program: `${python} ${folder}flask_session_redis.py`,
    probe: `${python} -c 'import flask_session, redis'`,
    packages: ['python3-flask-session', 'python3-redis'],
  },
  {
    name: 'aiohttp-session',
    language: 'Python',
    backend: 'the cookie, encrypted',
    program: `${python} ${folder}aiohttp_session_cookie.py`,
    probe: `${python} -c 'import aiohttp_session, cryptography'`,
    packages: ['python3-aiohttp-session', 'python3-cryptography'],
  },
  {
    name: 'php-redis',
    language: 'PHP',
    backend: 'Redis',
    program: `php ${folder}php_redis.php`,
    probe: 'php -r \'exit(extension_loaded("redis") && extension_loaded("pcntl") ? 0 : 1);\'',
    packages: ['php-cli', 'php-redis'],
  },
  {
    name: 'CGI::Session',
    language: 'Perl',
    backend: 'files',
    program: `perl ${folder}cgi_session.pl`,
    probe: 'perl -MCGI::Session -MJSON::XS -e 1',
    packages: ['libcgi-session-perl', 'libjson-xs-perl'],
  },
  {
    name: 'Plack::Middleware::Session',
    language: 'Perl',
    backend: 'PostgreSQL',
    program: `perl ${folder}plack_session.pl`,
    probe: 'perl -MPlack::Middleware::Session -MDBD::Pg -MJSON::XS -e 1',
    packages: ['libplack-middleware-session-perl', 'libdbd-pg-perl', 'libjson-xs-perl'],
  },
  {
    name: 'redis-rack',
    language: 'Ruby',
    backend: 'Redis',
    program: `ruby ${folder}redis_rack.rb`,
    probe: 'ruby -e \'require "rack/session/redis"\'',
    packages: ['ruby', 'ruby-redis-rack'],
  },
  {
    name: 'redistore',
    language: 'Go',
    backend: 'Redis',
    program: `${go} go run ${folder}redistore/loop.go ${folder}redistore/redistore.go`,
    probe: `${go} go vet ${folder}redistore/loop.go ${folder}redistore/redistore.go`,
    packages: ['golang-go', 'golang-github-gorilla-sessions-dev', 'golang-github-boj-redistore-dev'],
  },
  npm('express-mysql-session', 'MariaDB', ['express-session@1.19.0', 'express-mysql-session@3.0.3', 'mysql2@3.24.5']),
  npm('connect-session-knex', 'PostgreSQL', [
    'express-session@1.19.0',
    'connect-session-knex@5.0.0',
    'knex@3.3.0',
    'pg@8.23.1',
  ]),
  npm('connect-memcached', 'memcached', ['express-session@1.19.0', 'connect-memcached@3.0.0'], 'memcached -V'),
  npm('hono-sessions', 'memory', ['hono@4.13.19', 'hono-sessions@0.8.1']),
  npm('better-auth', 'Redis', ['better-auth@1.7.25', '@better-auth/redis-storage@1.7.5', 'ioredis@5.8.2']),
  npm('koa-session', 'the cookie', ['koa@3.3.0', 'koa-session@7.0.2']),
  npm('koa-session with koa-redis', 'Redis', ['koa@3.3.0', 'koa-session@7.0.2', 'koa-redis@4.0.1', 'ioredis@4.31.0']),
  {
    ...npm('connect-sqlite3', 'SQLite', ['express-session@1.19.0', 'connect-sqlite3@0.9.18', 'sqlite3@5.1.7']),
    binaries: ['sqlite3'],
  },
  npm('next-session', 'Redis', ['next-session@4.0.5', 'connect-redis@9.0.0', 'redis@6.3.1']),
  npm('svelte-kit-sessions', 'memory', ['svelte-kit-sessions@0.4.0']),
  {
    ...npm('better-sqlite3-session-store', 'SQLite', [
      'express-session@1.19.0',
      'better-sqlite3-session-store@0.1.0',
      'better-sqlite3@12.11.1',
    ]),
    binaries: ['better-sqlite3'],
  },
  npm('level-session-store', 'LevelDB', ['express-session@1.19.0', 'level-session-store@2.2.0', 'level@7.0.1']),
]
