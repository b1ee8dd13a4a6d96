package Loop;

# The kit's protocol for processes over a session library. A bridge has create, load, save, remove and probe.

use v5.36;
use Exporter 'import';
use Fcntl ':flock';
use File::Temp;
use IO::Handle;
use JSON::XS;
use List::Util 'max';
use POSIX ();
use Time::HiRes;

our @EXPORT = qw(seconds not_found serve);

my $json = JSON::XS->new->utf8->allow_nonref->canonical->max_depth(1_000_000);

sub refused ($code, $message) { die { code => $code, message => $message } }

sub not_found () { refused('NotFound', 'The library has no such session.') }

sub now_ms () { int(Time::HiRes::time() * 1000) }

sub seconds ($ttl_ms) { POSIX::ceil($ttl_ms / 1000) }

sub check_data ($text) {
    # Perl's JSON rejects the escape of a lone surrogate, which is valid JSON.
    my $spelled = $text =~ s/\\(u[dD][89a-fA-F][0-9a-fA-F]{2}|.)/length $1 > 1 ? 'x' : "\\$1"/gers;
    utf8::encode($spelled);
    eval { $json->decode($spelled); 1 } or refused('Invalid', 'dataJson is not JSON text.');
    return $text;
}

sub check_ttl ($ttl_ms) {
    return $ttl_ms if $ttl_ms =~ /\A[0-9]+\z/ && $ttl_ms > 0 && $ttl_ms <= 3_155_760_000_000;
    refused('Invalid', 'ttlMs is no whole number in the range.');
}

# A session id arrives in a cookie, so nothing else reaches a library.
sub is_cookie_value ($id) { $id =~ /\A[!#-+\--:<-\[\]-~]+\z/ }

sub load ($sessions, $id) { (is_cookie_value($id) ? $sessions->load($id) : undef) // not_found() }

# The calls of a store. The times are in the session, by the clock of this process.
my %calls = (
    create => sub ($sessions, $params) {
        my ($ttl, $now) = (check_ttl($params->{ttlMs}), now_ms());
        my %fields = (data => check_data($params->{dataJson}), user => $params->{userId});
        return $sessions->create({ %fields, created => $now, expires => $now + $ttl }, $ttl);
    },
    read => sub ($sessions, $params) {
        my $fields = load($sessions, $params->{sessionId});
        my %times = (createdAtMs => 0 + $fields->{created}, expiresAtMs => 0 + $fields->{expires});
        return { userId => $fields->{user}, dataJson => $fields->{data}, %times };
    },
    update => sub ($sessions, $params) {
        my ($id, $data) = ($params->{sessionId}, check_data($params->{dataJson}));
        my $left = load($sessions, $id)->{expires} - now_ms();
        return $sessions->save($id, { data => $data }, max(1, $left));
    },
    touch => sub ($sessions, $params) {
        my $ttl = check_ttl($params->{ttlMs});
        is_cookie_value($params->{sessionId}) or not_found();
        return $sessions->save($params->{sessionId}, { expires => now_ms() + $ttl }, $ttl);
    },
    delete => sub ($sessions, $params) {
        $sessions->remove($params->{sessionId}) if is_cookie_value($params->{sessionId});
        return undef;
    },
    isHealthy => sub ($sessions, $) { eval { $sessions->probe('0' x 40); 1 } ? JSON::XS::true : JSON::XS::false },
);

# Answers each request in a process, as CGI does. $open->($namespace, $endpoint) makes a bridge.
sub serve ($hello, $open, $inspect) {
    my $lock_file = File::Temp->new;
    my (%stores, %children);
    STDOUT->autoflush(1);
    my $reply = sub ($id, $message) {
        # Opened by each process, because a lock is shared with the processes that inherit it.
        open my $lock, '<', "$lock_file" or die $!;
        flock $lock, LOCK_EX;
        print $json->encode({ id => $id, %$message }), "\n";
    };
    while (my $line = <STDIN>) {
        my ($id, $method, $params) = $json->decode($line)->@{qw(id method params)};
        if ($method eq 'hello') {
            $reply->($id, { result => { protocol => 1, family => 'server', inspect => JSON::XS::true, %$hello } });
        } elsif ($method eq 'inspect') {
            $reply->($id, { result => { texts => $inspect->($params->{namespace}) } });
        } elsif ($method eq 'open') {
            $stores{ $params->{store} } = $open->($params->@{qw(namespace endpoint)});
            $reply->($id, { result => undef });
        } elsif ($method eq 'release') {
            $reply->($id, { result => undef });
        } elsif (my $child = fork) {
            $children{$child} = 1;
        } else {
            # As a server that forks does, because the processes share the state of rand.
            srand;
            my $result;
            if (eval { $result = $calls{$method}->($stores{ $params->{store} }, $params); 1 }) {
                $reply->($id, { result => $result });
            } else {
                my %failed = (code => 'Backend', message => 'The library failed.', cause => "$@");
                $reply->($id, { error => ref $@ eq 'HASH' ? $@ : \%failed });
            }
            POSIX::_exit(0);
        }
        while ((my $ended = waitpid -1, POSIX::WNOHANG) > 0) { delete $children{$ended} }
    }
    kill KILL => keys %children;
}

1;
