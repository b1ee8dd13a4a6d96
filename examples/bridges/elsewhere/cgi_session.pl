# CGI::Session with its default driver, files.

use v5.36;
use FindBin;
use lib $FindBin::Bin;
use CGI::Session;
use File::Temp 'tempdir';
use Loop;

my $root = tempdir(CLEANUP => 0);

package Bridge {
    use Loop;

    sub args ($self) { { Directory => $self->{folder} } }

    sub found ($self, $id) {
        my $session = CGI::Session->load('driver:file', $id, $self->args) or die CGI::Session->errstr;
        return $session->is_empty || $session->is_expired ? undef : $session;
    }

    sub write ($self, $session, $fields, $ttl_ms) {
        $session->expire(seconds($ttl_ms));
        $session->param($_, $fields->{$_}) for keys %$fields;
        $session->flush or die $session->errstr;
        return $session->id;
    }

    sub create ($self, $fields, $ttl_ms) {
        my $session = CGI::Session->new('driver:file', '', $self->args) or die CGI::Session->errstr;
        return $self->write($session, $fields, $ttl_ms);
    }

    sub load ($self, $id) {
        my $session = $self->found($id) or return undef;
        return { map { $_ => $session->param($_) } qw(data user created expires) };
    }

    sub save ($self, $id, $fields, $ttl_ms) { $self->write($self->found($id) // not_found(), $fields, $ttl_ms) }

    sub remove ($self, $id) {
        my $session = $self->found($id) or return;
        $session->delete;
        $session->flush or die $session->errstr;
    }

    sub probe ($self, $id) { $self->load($id) }
}

sub inspect ($namespace) {
    return [ map { open my $file, '<', $_ or die $!; "$_ " . join '', <$file> } glob "$root/$namespace/*" ];
}

serve(
    {
        name => 'CGI::Session',
        versions => { 'CGI::Session' => $CGI::Session::VERSION },
        declarations => { malformedIds => 'NotFound' },
    },
    sub ($namespace, $) { bless { folder => "$root/$namespace" }, 'Bridge' },
    \&inspect,
);
