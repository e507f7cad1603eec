#!/usr/bin/perl
# bindings.pl - is every binding that ld.so printed in the database?
#
#   bindings.pl DATABASE PREFIX
#
# The run had LD_AUDIT and LD_DEBUG=bindings,files with LD_DEBUG_OUTPUT=PREFIX.  Of each image, the
# set of (namespace, from, to, symbol, version) that ld.so printed must be a subset of v_binding's
# bound rows of that process.  What v_binding has beyond it is counted by kind; rows that rest on a
# relocation or a PLT call and that ld.so did not print are a difference too, but for those argued
# below.  Exit status: 0 no difference; 1 there is one, it is printed (- ld.so only, + database
# only); 2 the input is not what this program needs.
#
# What the two can't agree on, each told apart by what it is:
#
# auditor      The referrer lives in an auditor's namespace (LdDebug.pm finds those): no part of the
#              program.
# vdso         ld.so looks its own vDSO functions up, with the vDSO itself as referrer
#              (elf/setup-vdso.h): from and to are the vDSO and the symbol is one of its own.
# handle       dlsym(handle): ld.so names the handle's object as referrer, la_symbind and so v_binding
#              the caller.  There must be a call dlsym(that handle, symbol), and a dlsym row for (to,
#              symbol).
# next         dlsym(RTLD_DEFAULT) and (RTLD_NEXT): both name the caller; a row of the kind dlsym has
#              no version, since dlsym asks for none.  ld.so's line of dlvsym has one: there must be
#              a call dlvsym(symbol, version).
# debug        Since 2.42, and in some 2.41, ld.so looks _r_debug up itself, in the program's name
#              (elf/dl-debug.c, _dl_debug_post_relocate): without a version, and its own is found.
# libc's       libc looks up in what it loads by itself: _Unwind_* and the personality in libgcc_s,
#              gconv* in iconv's modules, _nss_* in NSS's.  It binds no slot and tells no auditor.
#              From and to are that object, and none of its relocations names the symbol in that
#              version (readelf): libc asks for none; or the one that does was never bound.
# torn         Two threads wrote one line: the version is unknown (LdDebug.pm).  There must be a row
#              with the same namespace, from, to and symbol.
# vfork        A child that shares the parent's memory binds the parent's slots, under its own pid:
#              looked for in the parent's rows when no process of that pid was recorded as a fork.
# The program's name is its path here, and argv[0] there, whatever that is at the moment (git makes
# it an argument): a name in the program's namespace that no object of the process has.
#
# A program that closes all descriptors closes ld.so's log too; nothing can be said about the rest.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use LdDebug;

die "usage: bindings.pl DATABASE PREFIX\n" unless @ARGV == 2;
my ($database, $prefix) = @ARGV;
my $shown_at_most = 40;

# --- ld.so's side -----------------------------------------------------------------------------

sub parse_line {
	my ($image, $line, $torn) = @_;

	return unless $line =~ /^binding file (.*) \[(\d+)\] to (.*) \[(\d+)\]: (normal|protected) symbol `(.*?)'(?: \[(.*?)\])?$/;
	$image->{auditors}++, return if $image->{audit}{$2};
	push @{$image->{lines}}, { from => $1, ns => $2, to => $3, to_ns => $4, symbol => $6,
				   version => $7 // '', torn => $torn };
}

my @images = read_images($prefix, \&parse_line);
# ld.so writes a version behind its line with a write of its own: where one line is torn, another thread's version
# may stand behind any line of that image, and look whole.
for my $image (@images) {
	my $lines = $image->{lines} // [];
	next unless grep { $_->{torn} } @$lines;
	$_->{torn} = 1 for @$lines;
}

# --- the database's side ----------------------------------------------------------------------

my @processes = map { { id => $_->[0], pid => $_->[1], begin => $_->[2], argv0 => $_->[3],
			exe => $_->[4], rows => [], names => {} } }
	query($database, "SELECT id, pid, begin_kind, coalesce(json_extract(argv, '\$[0]'), ''), "
	      . "coalesce(exe, '') FROM process ORDER BY started_ns, id");
my %process = map { $_->{id} => $_ } @processes;

for (query($database, "SELECT v.process, "
	   . "  CASE WHEN f.kind = 'main' THEN '<program>' ELSE coalesce(v.from_path, '<unknown>') END, "
	   . "  coalesce(v.namespace, ''), "
	   . "  CASE WHEN t.kind = 'main' THEN '<program>' ELSE coalesce(v.to_path, '') END, "
	   . "  coalesce(t.namespace, ''), v.symbol, coalesce(v.version, ''), v.kind, v.source, "
	   . "  v.internal "
	   . "FROM v_binding v JOIN binding b ON b.id = v.binding "
	   . "LEFT JOIN object f ON f.id = b.from_object LEFT JOIN object t ON t.id = b.to_object")) {
	my ($id, $from, $ns, $to, $to_ns, $symbol, $version, $kind, $source, $internal) = @$_;
	push @{$process{$id}{rows}}, { from => $from, ns => $ns, to => $to, to_ns => $to_ns,
				       symbol => $symbol, version => $version, kind => $kind,
				       source => $source, internal => $internal };
}
$process{$_->[0]}{names}{$_->[1]} = 1
	for query($database, "SELECT process, path FROM object WHERE kind != 'main'");
# Objects that dlsym's and dlvsym's handles mean.
for (query($database, "SELECT c.process, c.kind, c.name, coalesce(c.version, ''), "
	   . "  CASE WHEN c.handle IN (0, -1) THEN '<caller>' WHEN o.kind = 'main' THEN '<program>' "
	   . "  ELSE o.path END "
	   . "FROM call c LEFT JOIN object o ON o.process = c.process AND o.link_map = c.handle "
	   . "  AND (o.opened_seq < c.seq OR o.inherited) AND (o.closed_seq IS NULL OR o.closed_seq > c.seq) "
	   . "WHERE c.kind IN ('dlsym', 'dlvsym') AND c.name IS NOT NULL")) {
	my ($id, $kind, $name, $version, $path) = @$_;
	my $calls = $process{$id}{dlsym} //= {};
	$calls->{join("\0", $path // '', $name)} = 1;
	$calls->{join("\0", 'dlvsym', $name, $version)} = 1 if $kind eq 'dlvsym';
}

# --- comparison -------------------------------------------------------------------------------

sub key { my ($b) = @_; return join("\0", @{$b}{qw(ns from to_ns to symbol version)}) }

sub text {
	my ($b) = @_;
	return sprintf("%s [%s] -> %s [%s]: %s%s", @{$b}{qw(from ns to to_ns symbol)},
		       $b->{version} eq '' ? '' : "\@$b->{version}");
}

sub index_rows {
	my ($process) = @_;
	my %index;

	return $process->{index} if $process->{index};
	for my $row (@{$process->{rows}}) {
		$index{'not bound'}{join("\0", @{$row}{qw(ns from symbol)})} = 1 if $row->{to} eq '';
		next if $row->{to} eq '' || $row->{kind} eq 'irelative'; # not bound; no look-up
		$index{key($row)}{$row->{kind}} = 1;
		$index{'any'}{join("\0", @{$row}{qw(ns from to_ns to symbol)})} = 1;
		$index{'dlsym'}{join("\0", @{$row}{qw(to_ns to symbol)})} = 1 if $row->{kind} eq 'dlsym';
	}
	return $process->{index} = \%index;
}

# Does any relocation of this file name the symbol, and want this version ('' none)?
my %relocated;
sub relocates {
	my ($path, $symbol, $version) = @_;

	unless ($relocated{$path}) {
		my %names;
		open(my $in, '-|', 'readelf', '-rW', $path) or fail("readelf: $!");
		while (my $line = <$in>) {
			$names{"$1\0" . ($2 // '')} = 1
				if $line =~ /^[0-9a-f]{8,} +[0-9a-f]{8,} +R_\S+ +[0-9a-f]+ +([^ @]+)(?:@+([^ @]+))?/;
		}
		close($in) or return 1;
		$relocated{$path} = \%names;
	}
	return $relocated{$path}{"$symbol\0$version"};
}

my @of_libc = ([qr{/libgcc_s\.so[^/]*$}, qr{^(_Unwind_\w+|__gcc_personality_v0)$}],
	       [qr{/gconv/[^/]*\.so$}, qr{^gconv(_init|_end)?$}],
	       [qr{/libnss_[^/]*\.so[^/]*$}, qr{^_nss_\w+$}]);

# Why the database need not have this line of ld.so's; undef: it must.
sub excuse {
	my ($line, $process) = @_;
	my $index = index_rows($process);
	my $same = $line->{from} eq $line->{to} && $line->{ns} eq $line->{to_ns};
	my $calls = $process->{dlsym} // {};
	my $dlsym_row = $index->{dlsym}{join("\0", @{$line}{qw(to_ns to symbol)})};

	return 'torn' if $line->{torn} && $index->{any}{join("\0", @{$line}{qw(ns from to_ns to symbol)})};
	# Before 2.34 the vDSO has no name there, as the program has none.
	return 'vdso' if $same && $line->{from} =~ /^(linux-(vdso|gate)\.so\.\d+|<program>)$/
		&& $line->{symbol} =~ /^__(vdso|kernel)_/;
	return 'debug' if $line->{symbol} eq '_r_debug' && $line->{version} eq ''
		&& $line->{from} eq '<program>' && $line->{to} =~ m{/ld-linux[^/]*$};
	if ($dlsym_row) {
		my $version = $line->{version} eq ''
			|| $calls->{join("\0", 'dlvsym', @{$line}{qw(symbol version)})};
		return 'handle' if $version && $calls->{join("\0", @{$line}{qw(from symbol)})};
		return 'next' if $version && $line->{version} ne ''
			&& $calls->{join("\0", '<caller>', $line->{symbol})}
			&& $index->{any}{join("\0", @{$line}{qw(ns from to_ns to symbol)})};
	}
	for my $pair (@of_libc) {
		my ($object, $name) = @$pair;
		return "libc's" if $same && $line->{from} =~ $object && $line->{symbol} =~ $name
			&& (!relocates(@{$line}{qw(from symbol version)})
			    || $index->{'not bound'}{join("\0", @{$line}{qw(ns from symbol)})});
	}
	return undef;
}

my $differences = 0;

sub show {
	my ($title, $sign, @bindings) = @_;
	my $count = @bindings;

	return unless $count;
	$differences += $count;
	print "$title: $count\n";
	splice(@bindings, $shown_at_most) if $count > $shown_at_most;
	print "  $sign ", text($_), "\n" for @bindings;
	print "  ...\n" if $count > $shown_at_most;
}

# "3 got, 2 plt"
sub counts {
	my ($count) = @_;
	return join(', ', map { "$count->{$_} $_" } sort keys %$count);
}

# All processes that share the image's memory: a vfork child's lines are the parent's.
my (%lines_of, %auditors_of);
my $all = 0;
for my $process (@processes) {
	my $image = take_image(\@images, $process->{pid}, $process->{begin} eq 'fork') or next;
	$image->{process} = $process;
	$lines_of{$process->{id}} = $image->{lines} // [];
	$auditors_of{$process->{id}} = $image->{auditors} // 0;
}
for my $image (@images) {
	next unless @{$image->{lines} // []};
	my $parent = $image->{fork} && $image->{parent} ? $image->{parent}{process} : undef;
	if ($parent) {
		push @{$lines_of{$parent->{id}}}, @{$image->{lines}};
	} else {
		$all += @{$image->{lines}};
		show("pid $image->{pid} is no process of the database", '-', @{$image->{lines}});
	}
}

for my $process (@processes) {
	my $lines = $lines_of{$process->{id}} // [];
	my $index = index_rows($process);
	my (%seen, %printed, @missing, %excused, %beyond, @beyond, %unbound);

	for my $line (@$lines) {
		for (qw(from to)) {
			$line->{$_} = '<program>' unless $process->{names}{$line->{$_}};
		}
		next if $seen{key($line) . ($line->{torn} ? "\0torn" : '')}++;
		$all++;
		$printed{key($line)} = 1;
		next if $index->{key($line)};
		my $excuse = excuse($line, $process);
		$excused{$excuse}++ if $excuse;
		push @missing, $line unless $excuse;
	}
	my %torn = map { join("\0", @{$_}{qw(ns from to_ns to symbol)}) => 1 } grep { $_->{torn} } @$lines;
	for my $row (@{$process->{rows}}) {
		$unbound{$row->{kind}}++, next if $row->{to} eq '';
		next if $row->{kind} ne 'irelative'
			&& ($printed{key($row)} || $torn{join("\0", @{$row}{qw(ns from to_ns to symbol)})});
		$beyond{$row->{kind}}++;
		# dlsym: the handle's object is the referrer there, and libc may keep ld.so from
		# printing.  irelative: nothing is looked up.  All others are look-ups that ld.so prints.
		push @beyond, { %$row, symbol => "$row->{symbol} ($row->{kind}, $row->{source})" }
			unless $row->{kind} eq 'dlsym' || $row->{kind} eq 'irelative';
	}
	my $who = "pid $process->{pid} ($process->{begin}, $process->{argv0})";
	show("$who: ld.so printed what the database has not", '-', @missing);
	show("$who: the database has what ld.so did not print", '+', @beyond);
	printf "%s: %d printed, %d rows; excused: %s; beyond: %s; not bound: %s\n", $who, scalar keys %seen,
		scalar @{$process->{rows}}, counts(\%excused) || 'none', counts(\%beyond) || 'none',
		counts(\%unbound) || 'none';
}
fail('ld.so printed no binding at all') unless $all;
printf "%d processes, %d bindings: %s\n", scalar @processes, $all,
	$differences ? "$differences differences" : 'no difference';
exit($differences ? 1 : 0);
