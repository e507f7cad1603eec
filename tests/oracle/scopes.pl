#!/usr/bin/perl
# scopes.pl - holds plugreport's scopes against what ld.so itself printed about the same run.
#
#   scopes.pl PLUGREPORT DATABASE PREFIX
#
# The run had LD_AUDIT and LD_DEBUG=scopes,files with LD_DEBUG_OUTPUT=PREFIX.  ld.so prints the scopes
# of all objects once they are loaded at the start, those of what a dlopen brings and the one that it
# adds to others, each object that joins the global scope, and each link map that is destroyed.  From
# that follow all objects' scopes at the end; `plugreport scopes --json` must say the same:
#
#   OBJECT [ns]: (global) | (A B C) ...   its scopes in order, with their members
#   global [ns]: A B C                    the global scope
#
# Exit status: 0 both agree; 1 they differ, the difference is printed (- ld.so, + plugreport); 2 the
# input is not what this program needs.
#
# What the two can't agree on, and how it is told apart:
# - ld.so's own link map has no scopes in its eyes (it is relocated with the program's), and those of
#   its stand-ins in other namespaces are never searched: not compared.
# - ld.so prints nothing about scopes when it unloads.  A searchlist with a member that is gone is
#   gone; an object that stays without the one it was loaded with gets one of its own, which is not
#   printed: then only the others are compared.
# - The program is called by argv[0] in the one and by its path in the other: both become <program>.
# - Objects of a failed dlopen are printed before they are destroyed.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use LdDebug;

die "usage: scopes.pl PLUGREPORT DATABASE PREFIX\n" unless @ARGV == 3;
my ($plugreport, $database, $prefix) = @ARGV;

sub canonical {
	my ($name, $program) = @_;
	return '<ld.so>' if $name =~ m{(^|/)ld-linux[^/]*$};
	return defined $program && $name eq $program ? '<program>' : $name;
}

# --- ld.so's side -----------------------------------------------------------------------------

# An image gets: scopes { "NAME [ns]" => [list, ...] }, where the namespace's global scope is
# 'global' and others are strings of names; global { ns => [names] }; dropped { "NAME [ns]" => 1 }.

sub fork_state {
	my ($image) = @_;
	my $parent = $image->{parent};
	return unless $parent && !$image->{copied}++;
	$image->{program} = $parent->{program};
	$image->{global} = { map { $_ => [@{$parent->{global}{$_}}] } keys %{$parent->{global}} };
	$image->{scopes} = { map { $_ => [@{$parent->{scopes}{$_}}] } keys %{$parent->{scopes}} };
	$image->{dropped} = { %{$parent->{dropped} // {}} };
}

sub take_scope {
	my ($image, $at, @names) = @_;
	my ($object, $ns) = @{$image->{current}};

	@names = map { canonical($_, $image->{program}) } @names;
	$image->{global}{$ns} //= [@names];
	my $list = "@names" eq "@{$image->{global}{$ns}}" ? 'global' : "@names";
	my $scopes = $image->{scopes}{"$object [$ns]"} //= [];
	splice(@$scopes, $at);
	$scopes->[$at] = $list;
}

sub destroy {
	my ($image, $name, $ns) = @_;

	$name = canonical($name, $image->{program});
	delete $image->{scopes}{"$name [$ns]"};
	if (my $global = $image->{global}{$ns}) {
		@$global = grep { $_ ne $name } @$global;
		delete $image->{global}{$ns} unless @$global;
	}
	for my $object (grep { / \[\Q$ns\E\]$/ } keys %{$image->{scopes}}) {
		my $scopes = $image->{scopes}{$object};
		my @kept = grep { !defined || $_ eq 'global' || !grep { $_ eq $name } split / / } @$scopes;
		$image->{dropped}{$object} = 1 if @kept < @$scopes;
		@$scopes = @kept;
	}
}

sub parse_line {
	my ($image, $line) = @_;

	fork_state($image);
	if ($line =~ /^Initial object scopes/) {
		@{$image}{qw(program scopes global)} = (undef, {}, {});
	} elsif ($line =~ /^object=(.*) \[(\d+)\]$/) {
		$image->{current} = undef;
		return if $image->{audit}{$2};
		$image->{program} //= $1;
		$image->{current} = [canonical($1, $image->{program}), $2];
	} elsif ($line =~ /^ scope (\d+): ?(.*)$/) {
		take_scope($image, $1, split / /, $2) if $image->{current};
	} elsif ($line =~ /^add (.*) \[(\d+)\] to global scope$/) {
		push @{$image->{global}{$2}}, canonical($1, $image->{program});
	} elsif ($line =~ /^file=(.*) \[(\d+)\];  destroying link map$/) {
		destroy($image, $1, $2);
	}
}

my @images = read_images($prefix, \&parse_line);

# --- plugreport's side ------------------------------------------------------------------------

my %main = map { $_->[0] => $_->[1] }
	query($database, "SELECT process, path FROM object WHERE kind = 'main'");
my @order = query($database, "SELECT id, pid, begin_kind FROM process ORDER BY started_ns, id");

open(my $in, '-|', $plugreport, '-d', $database, 'scopes', '--json', '--all') or fail("$plugreport: $!");
my $json = do { local $/; <$in> };
close($in) or fail("$plugreport failed");
my %answer = map { $_->{process} => $_ } @{decode_json($json)->{processes}};

sub answer_text {
	my ($answer, $program) = @_;
	my (%lists, %text);

	for my $list (@{$answer->{searchlists}}) {
		my @names = map { canonical($_, $program) } @{$list->{objects}};
		$lists{$list->{root}} = "@names";
		$text{"global [$list->{namespace}]"} = "@names" if $list->{kind} eq 'global';
	}
	for my $entry (@{$answer->{objects}}) {
		my $object = $entry->{object};
		my $name = canonical($object->{path}, $program);
		next if $name eq '<ld.so>';
		$text{"$name [$object->{namespace}]"} = [map {
			$_->{kind} eq 'global' ? 'global'
			: $_->{kind} eq 'symbolic' ? $name : $lists{$_->{root}} // '(no list)'
		} @{$entry->{scopes}}];
	}
	return \%text;
}

# --- both in the same words -------------------------------------------------------------------

my ($glibc) = `getconf GNU_LIBC_VERSION` =~ /^glibc 2\.(\d+)/ or fail('getconf tells no version');
my ($objects, $scopes, $differences, $processes) = (0, 0, 0, 0);

sub differ {
	my ($title, $what, $left, $right) = @_;
	return if $left eq $right;
	print "$title\n  $what\n  - $left\n  + $right\n" if $differences++ < 20;
}

# Scopes without the searchlist that ld.so may have given to an object that stays, which it does not
# print: when it adds others behind it, there is a gap.
sub without_own {
	my ($name, @lists) = @_;
	my ($file) = $name =~ /^(.*) \[\d+\]$/;
	return grep { defined && ($_ eq 'global' || (split / /)[0] ne $file) } @lists;
}

for (@order) {
	my ($id, $pid, $begin) = @$_;
	my $image = take_image(\@images, $pid, $begin eq 'fork') or next;
	my $title = "pid $pid ($begin, $main{$id})";
	my $right = answer_text($answer{$id}, $main{$id});
	my %left = %{$image->{scopes} // {}};
	delete $left{$_} for grep { /^<ld\.so> / } keys %left;
	# Before 2.35 auditors are told nothing of the vDSO.
	delete $left{$_} for grep { /^linux-vdso\.so/ && $glibc < 35 } keys %left;

	next unless $image->{scopes};
	$processes++;
	differ($title, "global [$_]", "@{$image->{global}{$_}}", $right->{"global [$_]"} // '')
		for keys %{$image->{global}};
	for my $name (sort keys %left) {
		my @ours = $right->{$name} ? @{$right->{$name}} : ('(not there)');
		my @theirs = @{$left{$name}};
		if ($image->{dropped}{$name}) {
			@ours = without_own($name, @ours);
			@theirs = without_own($name, @theirs);
		}
		differ($title, $name, join(' | ', map { "($_)" } @theirs), join(' | ', map { "($_)" } @ours));
		$objects++;
		$scopes += @theirs;
	}
	for my $name (grep { !/^global / && !$left{$_} } sort keys %$right) {
		differ($title, $name, '(not there)', join(' | ', map { "($_)" } @{$right->{$name}}));
	}
}
fail("ld.so printed no scopes") unless $scopes;
print "$processes processes, $objects objects, $scopes scopes: ",
	$differences ? "$differences differences\n" : "equal\n";
exit($differences ? 1 : 0);
