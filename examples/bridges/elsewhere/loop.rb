# The kit's protocol for processes over a session library. A bridge has create, load, save and delete.

require 'json'

MAX_TTL_MS = 3_155_760_000_000
# A session id arrives in a cookie, so nothing else reaches a library. Rack decodes percent signs.
COOKIE_VALUE = /\A[!#$&'()*+\--:<-\[\]-~]+\z/

class Refused < StandardError
  attr_reader :code

  def initialize(code, message)
    super(message)
    @code = code
  end
end

def not_found
  Refused.new('NotFound', 'The library has no such session.')
end

def now_ms
  Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)
end

def seconds(ttl_ms)
  (ttl_ms / 1000.0).ceil
end

def check_data(text)
  JSON.parse(text, max_nesting: false)
  text
rescue JSON::ParserError
  raise Refused.new('Invalid', 'dataJson is not JSON text.')
end

def check_ttl(ttl_ms)
  return ttl_ms if ttl_ms.is_a?(Integer) && ttl_ms.between?(1, MAX_TTL_MS)

  raise Refused.new('Invalid', 'ttlMs is no whole number in the range.')
end

# The calls of a store, over a bridge. The times are in the session, by the clock of this process.
class Calls
  def initialize(sessions)
    @sessions = sessions
  end

  def load(id)
    (@sessions.load(id) if COOKIE_VALUE.match?(id)) || raise(not_found)
  end

  def create(params)
    ttl = check_ttl(params['ttlMs'])
    now = now_ms
    fields = { 'user' => params['userId'], 'data' => check_data(params['dataJson']) }
    @sessions.create(fields.merge('created' => now, 'expires' => now + ttl), ttl)
  end

  def read(params)
    fields = load(params['sessionId'])
    times = { createdAtMs: fields['created'], expiresAtMs: fields['expires'] }
    { userId: fields['user'], dataJson: fields['data'], **times }
  end

  def update(params)
    data = check_data(params['dataJson'])
    fields = load(params['sessionId'])
    @sessions.save(params['sessionId'], { 'data' => data }, [1, fields['expires'] - now_ms].max)
  end

  def touch(params)
    ttl = check_ttl(params['ttlMs'])
    raise not_found unless COOKIE_VALUE.match?(params['sessionId'])

    @sessions.save(params['sessionId'], { 'expires' => now_ms + ttl }, ttl)
  end

  def delete(params)
    @sessions.delete(params['sessionId']) if COOKIE_VALUE.match?(params['sessionId'])
    nil
  end

  def isHealthy(_params)
    @sessions.load('0' * 64)
    true
  rescue StandardError
    false
  end
end

# Answers each request in a thread, as a web server does. `open` makes a bridge for a namespace and an endpoint.
def serve(hello, open:, inspect:)
  stores = {}
  lock = Mutex.new
  answer = lambda do |method, params|
    case method
    when 'hello' then { protocol: 1, family: 'server', inspect: true, **hello }
    when 'open'
      stores[params['store']] = Calls.new(open.call(params['namespace'], params['endpoint']))
      nil
    when 'release' then nil
    when 'inspect' then { texts: inspect.call(params['namespace']) }
    else stores[params['store']].public_send(method, params)
    end
  end
  reply = lambda do |request|
    message =
      begin
        { result: answer.call(request['method'], request['params']) }
      rescue Refused => e
        { error: { code: e.code, message: e.message } }
      rescue StandardError => e
        { error: { code: 'Backend', message: 'The library failed.', cause: e.inspect } }
      end
    lock.synchronize { $stdout.puts(JSON.generate(id: request['id'], **message)) }
  end
  $stdout.sync = true
  $stdin.each_line do |line|
    request = JSON.parse(line)
    if %w[hello open release inspect].include?(request['method'])
      reply.call(request)
    else
      Thread.new { reply.call(request) }
    end
  end
  # Threads may wait for a server that the kit has stalled.
  exit!(0)
end
