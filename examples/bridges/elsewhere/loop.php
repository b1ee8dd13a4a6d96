<?php
// The kit's protocol for processes over a session library. A bridge has create, load, save, touch and delete.

const MAX_TTL_MS = 3155760000000;

class Refused extends Exception
{
    function __construct(public readonly string $answer, string $message)
    {
        parent::__construct($message);
    }
}

function not_found(): Refused
{
    return new Refused('NotFound', 'The library has no such session.');
}

function now_ms(): int
{
    return (int) (microtime(true) * 1000);
}

function seconds(int $ttl_ms): int
{
    return (int) ceil($ttl_ms / 1000);
}

function check_data(string $text): string
{
    // PHP rejects the escape of a lone surrogate, which is valid JSON.
    $spelled = preg_replace_callback(
        '/\\\\(u[dD][89a-fA-F][0-9a-fA-F]{2}|.)/s',
        fn($found) => strlen($found[1]) > 1 ? 'x' : $found[0],
        $text,
    );
    json_decode($spelled, true, 1000000);
    if (json_last_error() !== JSON_ERROR_NONE) throw new Refused('Invalid', 'dataJson is not JSON text.');
    return $text;
}

function check_ttl(int|float $ttl_ms): int
{
    if (is_int($ttl_ms) && $ttl_ms > 0 && $ttl_ms <= MAX_TTL_MS) return $ttl_ms;
    throw new Refused('Invalid', 'ttlMs is no whole number in the range.');
}

function is_cookie_value(string $id): bool
{
    // A session id arrives in a cookie, so nothing else reaches a library.
    return preg_match('/\A[!#-+\--:<-\[\]-~]+\z/', $id) === 1;
}

function load(object $sessions, string $id): array
{
    return (is_cookie_value($id) ? $sessions->load($id) : null) ?? throw not_found();
}

/** Answers a call of a store. The times are in the session, by the clock of this process. */
function call(object $sessions, string $method, array $params): mixed
{
    $id = $params['sessionId'] ?? '';
    switch ($method) {
        case 'create':
            $ttl = check_ttl($params['ttlMs']);
            $now = now_ms();
            $fields = ['user' => $params['userId'] ?? null, 'created' => $now, 'expires' => $now + $ttl];
            return $sessions->create([...$fields, 'data' => check_data($params['dataJson'])], $ttl);
        case 'read':
            $fields = load($sessions, $id);
            $times = ['createdAtMs' => $fields['created'], 'expiresAtMs' => $fields['expires']];
            return ['userId' => $fields['user'], 'dataJson' => $fields['data'], ...$times];
        case 'update':
            $data = check_data($params['dataJson']);
            $left = load($sessions, $id)['expires'] - now_ms();
            return $sessions->save($id, ['data' => $data], max(1, $left));
        case 'touch':
            $ttl = check_ttl($params['ttlMs']);
            if (!is_cookie_value($id)) throw not_found();
            return $sessions->touch($id, ['expires' => now_ms() + $ttl], $ttl);
        case 'delete':
            if (is_cookie_value($id)) $sessions->delete($id);
            return null;
        case 'isHealthy':
            try {
                $sessions->load('0123456789abcdef0123456789');
                return true;
            } catch (Exception) {
                return false;
            }
    }
}

/** Answers each request in a process, as PHP does. `$open($namespace, $endpoint)` makes a bridge. */
function serve(array $hello, callable $open, callable $inspect): void
{
    set_error_handler(fn($_, $message) => throw new ErrorException($message));
    $lock_path = stream_get_meta_data($lock_file = tmpfile())['uri'];
    $stores = [];
    $children = [];
    $reply = function (int $id, array $message) use ($lock_path): void {
        // Opened by each process, because a lock is shared with the processes that inherit it.
        $lock = fopen($lock_path, 'r');
        flock($lock, LOCK_EX);
        fwrite(STDOUT, json_encode(['id' => $id, ...$message]) . "\n");
        flock($lock, LOCK_UN);
    };
    while (($line = fgets(STDIN)) !== false) {
        ['id' => $id, 'method' => $method, 'params' => $params] = json_decode($line, true);
        if ($method === 'open') $stores[$params['store']] = $open($params['namespace'], $params['endpoint'] ?? null);
        if ($method === 'hello') {
            $reply($id, ['result' => ['protocol' => 1, 'family' => 'server', 'inspect' => true, ...$hello]]);
        } elseif ($method === 'open' || $method === 'release') {
            $reply($id, ['result' => null]);
        } elseif ($method === 'inspect') {
            $reply($id, ['result' => ['texts' => $inspect($params['namespace'])]]);
        } elseif (($child = pcntl_fork()) > 0) {
            $children[$child] = true;
        } else {
            try {
                $message = ['result' => call($stores[$params['store']], $method, $params)];
            } catch (Refused $error) {
                $message = ['error' => ['code' => $error->answer, 'message' => $error->getMessage()]];
            } catch (Throwable $error) {
                $cause = $error->getMessage();
                $message = ['error' => ['code' => 'Backend', 'message' => 'The library failed.', 'cause' => $cause]];
            }
            $reply($id, $message);
            posix_kill(getmypid(), SIGKILL);
        }
        while (($ended = pcntl_waitpid(-1, $status, WNOHANG)) > 0) unset($children[$ended]);
    }
    // A child may wait for a server that the kit has stalled.
    foreach (array_keys($children) as $child) posix_kill($child, SIGKILL);
}
