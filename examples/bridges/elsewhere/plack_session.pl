# Plack::Middleware::Session with its store DBI over PostgreSQL, by requests to an app with the middleware.

use v5.36;
use FindBin;
use lib $FindBin::Bin;
use DBI;
use HTTP::Message::PSGI;
use HTTP::Request;
use Loop;
use Plack;
use Plack::Middleware::Session;
use Plack::Session;
use Plack::Session::Store::DBI;
use URI;

my $server = URI->new($ENV{POSTGRES_URL} =~ s/^\w+:/http:/r);
my ($user, $password) = split /:/, $server->userinfo // '';

sub connection ($host, $port) {
    my ($name) = $server->path =~ m{^/(.*)};
    my %options = (RaiseError => 1, PrintError => 0, pg_enable_utf8 => 1);
    return DBI->connect("dbi:Pg:dbname=$name;host=$host;port=$port", $user, $password, \%options);
}

package Bridge {
    use Loop;

    sub new ($class, $host, $port, $table) {
        # A request is a process, so it has a connection.
        my $dbh;
        my $get_dbh = sub { $dbh //= main::connection($host, $port) };
        my $store = Plack::Session::Store::DBI->new(get_dbh => $get_dbh, table_name => $table);
        my $app = sub ($env) { $env->{handle}->(Plack::Session->new($env)); return [200, [], ['']] };
        return bless { app => Plack::Middleware::Session->wrap($app, store => $store) }, $class;
    }

    # Sends a request whose handler is $handle. Returns the id in the cookie of the response.
    sub request ($self, $id, $handle) {
        my $request = HTTP::Request->new(GET => '/', [defined $id ? (Cookie => "plack_session=$id") : ()]);
        my $response = $self->{app}->({ $request->to_psgi->%*, handle => $handle });
        my %headers = $response->[1]->@*;
        return $headers{'Set-Cookie'} =~ /plack_session=([^;]*)/ ? $1 : undef;
    }

    # Sets the fields, and the end of the cookie.
    sub renew ($session, $fields, $ttl_ms) {
        $session->set($_, $fields->{$_}) for keys %$fields;
        $session->options->{expires} = time + seconds($ttl_ms);
    }

    sub create ($self, $fields, $ttl_ms) {
        return $self->request(undef, sub ($session) { renew($session, $fields, $ttl_ms) });
    }

    sub load ($self, $id) {
        my %fields;
        $self->request($id, sub ($session) { %fields = $session->dump->%* });
        return exists $fields{data} ? \%fields : undef;
    }

    sub save ($self, $id, $fields, $ttl_ms) {
        my $found;
        my $written = $self->request($id, sub ($session) {
            $found = exists $session->dump->{data};
            renew($session, $fields, $ttl_ms) if $found;
        });
        return $found ? $written : not_found();
    }

    sub remove ($self, $id) {
        $self->request($id, sub ($session) { $session->expire });
    }

    # A request that only loads a session stores one.
    sub probe ($self, $id) { $self->remove($id) }
}

sub with_admin ($handle) {
    my $admin = connection($server->host, $server->port);
    my $result = $handle->($admin);
    $admin->disconnect;
    return $result;
}

sub open_sessions ($namespace, $endpoint) {
    with_admin(sub ($admin) {
        # The table of the documentation.
        $admin->do("SET client_min_messages = warning");
        $admin->do("CREATE TABLE IF NOT EXISTS $namespace (id CHAR(72) PRIMARY KEY, session_data TEXT)");
    });
    my ($host, $port) = $endpoint ? $endpoint->@{qw(host port)} : ($server->host, $server->port);
    return Bridge->new($host, $port, $namespace);
}

sub inspect ($namespace) {
    my $rows = with_admin(sub ($admin) { $admin->selectall_arrayref("SELECT id, session_data FROM $namespace") });
    return [map { join ' ', @$_ } @$rows];
}

serve(
    {
        name => 'Plack::Middleware::Session',
        versions => { 'Plack::Middleware::Session' => $Plack::Middleware::Session::VERSION, Plack => $Plack::VERSION },
        declarations => { malformedIds => 'NotFound' },
        endpoint => { host => $server->host, port => 0 + $server->port },
    },
    \&open_sessions,
    \&inspect,
);
