# redis-rack, by requests to an app with its middleware.

require 'rack'
require 'rack/mock'
require 'rack/session/redis'
require 'uri'
require_relative 'loop'

SERVER = URI(ENV.fetch('REDIS_URL'))
# The expiry is a setting of the app. Here, it is the ttl of the session that a request names.
TTLS = Hash.new(1000)

class RedisRack
  def initialize(namespace, endpoint)
    host, port = endpoint ? endpoint.values_at('host', 'port') : [SERVER.host, SERVER.port]
    app = lambda do |env|
      env['rack.session.options'][:expire_after] = seconds(env['ttl'])
      env['handle'].call(env['rack.session'])
      [200, {}, ['']]
    end
    @app = Rack::Session::Redis.new(app, redis_server: "redis://#{host}:#{port}/0/#{namespace}")
  end

  # Answers a request whose handler is the block. Returns the id in the cookie of the response.
  def request(id, ttl_ms, &handle)
    cookie = id ? { 'HTTP_COOKIE' => "rack.session=#{id}" } : {}
    _, headers, = @app.call(Rack::MockRequest.env_for('/', 'handle' => handle, 'ttl' => ttl_ms, **cookie))
    headers['Set-Cookie'].to_s[/rack\.session=([^;]*)/, 1]
  end

  def create(fields, ttl_ms)
    id = request(nil, ttl_ms) { |session| session.update(fields) }
    TTLS[id] = ttl_ms
    id
  end

  def load(id)
    fields = nil
    request(id, TTLS[id]) { |session| fields = session.to_hash }
    fields if fields.key?('data')
  end

  def save(id, fields, ttl_ms)
    TTLS[id] = ttl_ms
    request(id, ttl_ms) do |session|
      raise not_found unless session.key?('data')

      session.update(fields)
    end
    id
  end

  def delete(id)
    request(id, TTLS[id], &:destroy)
  end
end

serve(
  {
    name: 'redis-rack',
    versions: { 'redis-rack' => Gem.loaded_specs['redis-rack'].version.to_s, 'rack' => Rack.release },
    declarations: { malformedIds: 'NotFound' },
    endpoint: { host: SERVER.host, port: SERVER.port },
  },
  open: RedisRack.method(:new),
  inspect: lambda do |namespace|
    admin = Redis.new(host: SERVER.host, port: SERVER.port)
    admin.keys("#{namespace}:*").map { |key| "#{key} #{admin.get(key).dump}" }
  ensure
    admin.close
  end,
)
