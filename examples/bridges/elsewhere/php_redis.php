<?php
// The session handler of the PHP extension redis, with PHP's own session functions.

require __DIR__ . '/loop.php';

$redis = parse_url(getenv('REDIS_URL'));

class PhpRedis
{
    function __construct(private string $path)
    {
        ini_set('session.save_handler', 'redis');
        ini_set('session.use_cookies', '0');
        ini_set('session.cache_limiter', '');
    }

    private function start(string $id, int $ttl_ms, array $options = []): void
    {
        session_save_path($this->path);
        session_id($id);
        ini_set('session.gc_maxlifetime', (string) seconds($ttl_ms));
        session_start($options) || throw new Exception('session_start() returned false.');
        if (!isset($_SESSION['data'])) throw not_found();
    }

    function create(array $fields, int $ttl_ms): string
    {
        session_save_path($this->path);
        ini_set('session.gc_maxlifetime', (string) seconds($ttl_ms));
        session_start() || throw new Exception('session_start() returned false.');
        $_SESSION = $fields;
        session_write_close() || throw new Exception('session_write_close() returned false.');
        return session_id();
    }

    function load(string $id): ?array
    {
        try {
            $this->start($id, 1000, ['read_and_close' => true]);
        } catch (Refused) {
            return null;
        }
        return $_SESSION;
    }

    function save(string $id, array $fields, int $ttl_ms): string
    {

        $this->start($id, $ttl_ms);
        $_SESSION = [...$_SESSION, ...$fields];
        session_write_close() || throw new Exception('session_write_close() returned false.');
        return $id;
    }

    /** Changes nothing in the session, so that PHP only renews it (session.lazy_write, which is on by default). */
    function touch(string $id, array $_, int $ttl_ms): string
    {
        return $this->save($id, [], $ttl_ms);
    }

    function delete(string $id): void
    {
        session_save_path($this->path);
        session_id($id);
        session_start() || throw new Exception('session_start() returned false.');
        session_destroy() || throw new Exception('session_destroy() returned false.');
    }
}

serve(
    [
        'name' => 'php-redis',
        'versions' => ['php' => PHP_VERSION, 'redis' => phpversion('redis')],
        'declarations' => ['malformedIds' => 'NotFound'],
        'endpoint' => ['host' => $redis['host'], 'port' => $redis['port']],
    ],
    function (string $namespace, ?array $endpoint) use ($redis) {
        $address = $endpoint ?? $redis;
        return new PhpRedis("tcp://{$address['host']}:{$address['port']}?prefix=$namespace:");
    },
    function (string $namespace) use ($redis): array {
        $admin = new Redis();
        $admin->connect($redis['host'], $redis['port']);
        return array_map(fn($key) => "$key {$admin->get($key)}", $admin->keys("$namespace:*"));
    },
);
