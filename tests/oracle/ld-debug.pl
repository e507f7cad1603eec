#!/usr/bin/perl
# ld-debug.pl - holds a database against what ld.so itself printed about the same run.
#
#   ld-debug.pl DATABASE PREFIX
#
# The run had LD_AUDIT and LD_DEBUG=files,libs with LD_DEBUG_OUTPUT=PREFIX, so ld.so wrote
# PREFIX.<pid> for each image that it started; a forked child goes on in its parent's file with its
# own pid before each line.  Both sides are written out in the same words, in order, and compared
# line by line:
#
#   request NAME by OBJECT [ns]          ld.so is asked for NAME (la_objsearch, LA_SER_ORIG)
#     try PATH for NAME (RULE OWNER)     each path tried, and the rule that it comes from
#   map NAME [ns] at BASE dynamic ADDRESS  a new link map, and the name it was asked for by
#
# and, as a set, since ld.so prints these when the call has done its work:
#
#   opened PATH [ns]                     a dlopen that succeeded, also of what was there already
#
# Exit status: 0 both agree; 1 they differ, the difference is printed (- ld.so, + database); 2 the
# input is not what this program needs.
#
# What the two can't agree on, and how it is told apart:
# - ld.so prints about the auditors too.  They come first, into namespaces of their own, before the
#   first line about namespace 0.
# - The program is called by argv[0] in the one and by its path in the other: both become <program>.
# - A directory that is in two search paths is printed with the first one's rule and owner
#   (fillin_rpath in glibc's elf/dl-load.c keeps one entry for each directory).  So rule and owner
#   are compared for directories that one path only names.
# - A file found in ld.so.cache is printed, but not tried, when the object that asks has
#   DF_1_NODEFLIB and the file is in a default directory.
# - From glibc 2.42 on nothing is printed of a dlopen that finds an object by its name and has nothing
#   to do but count (is_already_fully_open in glibc's elf/dl-open.c).
use strict;
use warnings;
no warnings 'portable'; # addresses have 64 bits

use FindBin;
use lib $FindBin::Bin;
use LdDebug;

die "usage: ld-debug.pl DATABASE PREFIX\n" unless @ARGV == 2;
my ($database, $prefix) = @ARGV;

# --- ld.so's side -----------------------------------------------------------------------------

# An image gets: lines, each { kind, ... } and for a try { name, path, rule, owner }; opened.

sub parse_line {
	my ($image, $line) = @_;

	if ($line =~ /^file=(.*) \[(\d+)\];  (?:needed|dynamically loaded) by (.*) \[(\d+)\]$/) {
		my ($name, $ns, $by, $by_ns) = ($1, $2, $3, $4);
		$image->{ours} = !$image->{audit}{$ns};
		$image->{name} = $name;
		$image->{by} = $by;
		$image->{label} = ['', ''];
		push @{$image->{lines}}, { kind => 'request', name => $name, by => $by, ns => $by_ns }
			if $image->{ours};
	} elsif ($line =~ /^find library=(.*) \[(\d+)\]; searching$/) {
		$image->{ours} = !$image->{audit}{$2};
	} elsif ($line =~ /^ search path=.*\t\t\((RPATH|RUNPATH) from file (.*)\)$/) {
		$image->{label} = [lc $1, $2];
	} elsif ($line =~ /^ search path=.*\t\t\((.*)\)$/) {
		$image->{label} = [$1 eq 'system search path' ? 'default' : $1, ''];
	} elsif ($line =~ /^ search cache=/) {
		$image->{label} = ['cache', ''];
	} elsif ($line =~ /^  trying file=(.*)$/) {
		push @{$image->{lines}}, { kind => 'try', path => $1, name => $image->{name}, by => $image->{by},
					   rule => $image->{label}[0], owner => $image->{label}[1] }
			if $image->{ours};
	} elsif ($line =~ /^file=(.*) \[(\d+)\];  generating link map$/) {
		$image->{map} = $image->{audit}{$2} ? undef : { kind => 'map', name => $1, ns => $2 };
	} elsif ($line =~ /^  dynamic: (0x[0-9a-f]+)  base: (0x[0-9a-f]+)   size: /) {
		if ($image->{map}) {
			push @{$image->{lines}}, { %{$image->{map}}, dynamic => hex $1, base => hex $2 };
			$image->{map} = undef;
		}
	} elsif ($line =~ /^opening file=(.*) \[(\d+)\]; direct_opencount=/) {
		push @{$image->{opened}}, [$1, $2] if !$image->{audit}{$2};
	}
}

my @images = read_images($prefix, \&parse_line);

# --- the database's side ----------------------------------------------------------------------

my @processes = map { { id => $_->[0], pid => $_->[1], begin => $_->[2], argv0 => $_->[3],
			silent => $_->[4] =~ /^2\.(\d+)/ && $1 >= 42, lines => [], opened => [] } }
	query($database, "SELECT id, pid, begin_kind, coalesce(json_extract(argv, '\$[0]'), ''), "
	      . "coalesce(glibc, '') FROM process "
	      . "ORDER BY started_ns, id");
my %process = map { $_->{id} => $_ } @processes;

for (query($database, "SELECT s.process, s.seq, s.origin, s.name, s.tried, "
	   . "  CASE WHEN r.kind = 'main' THEN '<program>' ELSE coalesce(r.path, '<unknown>') END, "
	   . "  coalesce(r.namespace, ''), coalesce(s.rule, ''), "
	   . "  CASE WHEN w.kind = 'main' THEN '<program>' ELSE coalesce(w.path, '') END, "
	   . "  coalesce(r.flags_1, 0) & 0x800 "
	   . "FROM search s LEFT JOIN object r ON r.id = s.requester "
	   . "LEFT JOIN object w ON w.id = s.owner ORDER BY s.process, s.seq")) {
	my ($id, $seq, $origin, $name, $tried, $by, $ns, $rule, $owner, $nodeflib) = @$_;
	push @{$process{$id}{lines}}, $origin eq 'name'
		? { seq => $seq, kind => 'request', name => $tried, by => $by, ns => $ns }
		: { seq => $seq, kind => 'try', path => $tried, name => $name, rule => $rule,
		    owner => $owner };
	$process{$id}{nodeflib}{$by} = 1 if $nodeflib;
}
for (query($database, "SELECT o.process, o.opened_seq, coalesce(s.name, o.path), o.namespace, "
	   . "  printf('%x', o.load_address), printf('%x', o.dynamic) "
	   . "FROM object o LEFT JOIN search s ON s.id = o.reason_search "
	   . "WHERE o.kind = 'library' AND NOT o.inherited ORDER BY o.process, o.opened_seq")) {
	my ($id, $seq, $name, $ns, $base, $dynamic) = @$_;
	push @{$process{$id}{lines}}, { seq => $seq, kind => 'map', name => $name, ns => $ns,
					base => hex $base, dynamic => hex $dynamic };
}
# Opened: by a call, or by libc itself (which has no call).
for (query($database, "SELECT c.process, CASE WHEN o.kind = 'main' THEN '<program>' ELSE o.path END, "
	   . "  o.namespace, c.outcome = 'already-loaded' "
	   . "FROM call c JOIN object o ON o.id = c.result "
	   . "WHERE c.kind IN ('dlopen', 'dlmopen') AND c.outcome IN ('loaded', 'already-loaded') "
	   . "UNION ALL SELECT process, path, namespace, 0 FROM object "
	   . "WHERE reason = 'libc' AND NOT inherited")) {
	my ($id, $path, $ns, $was_there) = @$_;
	push @{$process{$id}{opened}}, [$path, $ns, $was_there];
}
for my $process (@processes) {
	@{$process->{lines}} = sort { $a->{seq} <=> $b->{seq} } @{$process->{lines}};
}

# --- both in the same words -------------------------------------------------------------------

sub directory_of { my ($path) = @_; return $path =~ m{^(.*)/[^/]*$} ? $1 : '' }

# Directories that more than one path names: their rule and owner are not compared.
sub ambiguous {
	my ($lines, $shared) = @_;
	my %label;
	for (grep { $_->{kind} eq 'try' } @$lines) {
		my $directory = directory_of($_->{path});
		my $label = $_->{rule} eq 'cache' ? next : "$_->{rule} $_->{owner}";
		$shared->{$directory} = 1 if exists $label{$directory} && $label{$directory} ne $label;
		$label{$directory} = $label;
	}
}

sub text {
	my ($line, $argv0, $shared) = @_;
	my $who = sub { my ($name) = @_; return $name eq $argv0 || $name eq '' ? '<program>' : $name };

	return sprintf('request %s by %s [%s]', $line->{name}, $who->($line->{by}), $line->{ns})
		if $line->{kind} eq 'request';
	return sprintf('map %s [%s] at 0x%x dynamic 0x%x', $line->{name}, $line->{ns}, $line->{base},
		       $line->{dynamic}) if $line->{kind} eq 'map';
	my $directory = directory_of($line->{path});
	my $rule = $shared->{$directory} && $line->{rule} ne 'cache' ? 'several paths'
		: $line->{owner} ne '' ? "$line->{rule} of " . $who->($line->{owner}) : $line->{rule};
	return "  try $line->{path} for $line->{name} ($rule)";
}

# A cache entry that ld.so prints and leaves alone.
sub printed_only {
	my ($line, $process) = @_;
	return 0 unless $line->{kind} eq 'try' && $line->{rule} eq 'cache';
	my $by = $line->{by} eq $process->{argv0} || $line->{by} eq '' ? '<program>' : $line->{by};
	return $process->{nodeflib}{$by} && $line->{path} =~ m{^/(usr/)?lib(64)?/};
}

# The opened objects less those that were there already and that ld.so printed nothing about.
sub without_silent {
	my ($printed, $opened) = @_;
	my %printed;
	$printed{"$_->[1] $_->[0]"}++ for map { [$_->[0] eq '' ? '<program>' : $_->[0], $_->[1]] } @$printed;
	return [grep { $printed{"$_->[1] $_->[0]"}-- > 0 || !$_->[2] } sort { $a->[2] <=> $b->[2] } @$opened];
}

# Print where the two lists part; return whether they do.
sub compare {
	my ($title, $left, $right) = @_;
	return 0 if join("\n", @$left) eq join("\n", @$right);
	my @paths;
	for my $side ($left, $right) {
		my $path = "$prefix.side" . scalar(@paths);
		open(my $out, '>', $path) or fail("$path: $!");
		print $out map { "$_\n" } @$side;
		close($out);
		push @paths, $path;
	}
	print "$title\n";
	open(my $diff, '-|', 'diff', '-U3', @paths) or fail("diff: $!");
	my $shown = 0;
	while (<$diff>) { print "  $_" unless /^(---|\+\+\+) / || $shown++ > 60 }
	close($diff);
	unlink @paths;
	return 1;
}

my ($differences, $requests, $tries, $maps, $opens) = (0, 0, 0, 0, 0);
for my $process (@processes) {
	my $image = take_image(\@images, $process->{pid}, $process->{begin} eq 'fork');
	$image //= { lines => [], opened => [] };
	my %shared;
	ambiguous($image->{lines}, \%shared);
	ambiguous($process->{lines}, \%shared);
	my @right = map { text($_, $process->{argv0}, \%shared) } @{$process->{lines}};
	my @left = map { text($_, $process->{argv0}, \%shared) }
		grep { !printed_only($_, $process) } @{$image->{lines}};
	$differences += compare("pid $process->{pid} ($process->{begin}, $process->{argv0}): "
				. "requests, tries, maps", \@left, \@right);
	$process->{opened} = without_silent($image->{opened}, $process->{opened}) if $process->{silent};
	my @opened = map { [map { sprintf('opened %s [%s]', $_->[0] eq '' ? '<program>' : $_->[0], $_->[1]) }
			    @$_] } ($image->{opened}, $process->{opened});
	$differences += compare("pid $process->{pid} ($process->{begin}, $process->{argv0}): opened",
				[sort @{$opened[0]}], [sort @{$opened[1]}]);
	$requests += grep { $_->{kind} eq 'request' } @{$image->{lines}};
	$tries += grep { $_->{kind} eq 'try' } @{$image->{lines}};
	$maps += grep { $_->{kind} eq 'map' } @{$image->{lines}};
	$opens += @{$image->{opened}};
}
for my $image (@images) {
	next unless $image->{lines};
	$requests += grep { $_->{kind} eq 'request' } @{$image->{lines}};
	printf "pid %d: %d lines of ld.so's, and no process in the database\n", $image->{pid},
		scalar @{$image->{lines}};
	$differences++;
}
printf "%d processes, %d requests, %d tries, %d maps, %d opens: %s\n", scalar @processes, $requests,
	$tries, $maps, $opens, $differences ? 'they differ' : 'equal';
fail('ld.so printed no request at all') unless $requests;
exit($differences ? 1 : 0);
