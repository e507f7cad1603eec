#!/usr/bin/perl
# interpositions.pl - does `plugreport interpositions --all --json` say what ld.so did?
#
#   interpositions.pl ANSWER PREFIX [FILE...]
#
# ANSWER is the JSON of one process; the run had LD_AUDIT and LD_DEBUG=bindings,files with
# LD_DEBUG_OUTPUT=PREFIX.  FILEs are the objects to be complete about.
#
# - Each binding in the answer (but look-ups by handle, whose referrer ld.so names otherwise) is one
#   that ld.so printed.
# - Each object that is said to define a symbol has a definition of it (readelf).
# - Each binding that ld.so printed from one of the FILEs, which has a definition of that symbol
#   itself, to another object's definition is in the answer as one that missed its own; but for copy
#   relocations, and in the answer there are no others.  (A program's PLT entry, which is the address
#   of a function, is no definition.)
# - Each symbol (with its version) that references of FILEs, which don't define it, were bound to in
#   two objects of a namespace is said to be split, when both define it with that version or none.
use strict;
use warnings;

use Cwd 'abs_path';
use FindBin;
use JSON::PP;
use lib $FindBin::Bin;
use LdDebug;

die "usage: interpositions.pl ANSWER PREFIX [FILE...]\n" unless @ARGV >= 2;
my ($answer, $prefix, @files) = @ARGV;
my @wrong;

# One name for a file, however ld.so and the database write its path; ld.so calls the program by
# argv[0].
my %whole;
sub whole {
	my ($path) = @_;
	my ($found) = grep { -f } $path, $path =~ m{/} ? () : map { "$_/$path" } split(/:/, $ENV{PATH});
	return $whole{$path} //= $found ? abs_path($found) : $path;
}

# name => version => 1, of what the file defines for others
my %definitions;
sub defined_in {
	my ($file) = @_;
	return $definitions{$file} if $definitions{$file};
	my %names;
	open(my $in, '-|', 'readelf', '-W', '--dyn-syms', $file) or fail("readelf: $!");
	while (my $text = <$in>) {
		my @c = split(' ', $text);
		next unless @c >= 8 && $c[0] =~ /^\d+:$/ && $c[4] =~ /^(GLOBAL|WEAK|UNIQUE)$/
			&& $c[5] =~ /^(DEFAULT|PROTECTED)$/ && $c[6] ne 'UND';
		my ($name, $version) = split(/\@+/, $c[7]);
		$names{$name}{$version // ''} = 1;
	}
	return $definitions{$file} = \%names;
}

sub serves {
	my ($file, $symbol, $version) = @_;
	my $versions = defined_in($file)->{$symbol} or return 0;
	return $version eq '' || $versions->{''} || $versions->{$version};
}

my (%printed, @lines);
read_images($prefix, sub {
	my ($image, $line) = @_;
	return unless $line =~ /^binding file (.*) \[(\d+)\] to (.*) \[(\d+)\]: (normal|protected) symbol `(.*?)'(?: \[(.*?)\])?$/;
	return if $image->{audit}{$2};
	my %b = (from => whole($1), ns => $2, to => whole($3), symbol => $6, version => $7 // '');
	$printed{"$b{from} $b{to} $b{symbol}"} = 1;
	push @lines, \%b;
});

my $json = do { local (@ARGV, $/) = $answer; decode_json(<>) };
my @symbols = map { @{$_->{symbols}} } @{$json->{processes}};
my (%missed, %copied, %looked_up, %split);
for my $symbol (@symbols) {
	my $name = $symbol->{linker_symbol};

	$split{$name} = 1 if grep { /^split/ || $_ eq 'vague-split' } @{$symbol->{what}};
	for (@{$symbol->{definers}}) {
		push @wrong, "$_->{path} does not define $name"
			if -e $_->{path} && !defined_in($_->{path})->{$name};
	}
	for (@{$symbol->{bindings}}) {
		my ($from, $to) = map { whole($_ // '') } @{$_}{qw(from to)};

		$copied{"$from $to $name"} = 1 if $_->{kind} eq 'copy';
		$looked_up{$name} = 1, next if $_->{kind} eq 'dlsym';
		push @wrong, "ld.so did not bind $from to $to: $name" unless $printed{"$from $to $name"};
		$missed{"$from $to $name"} = 1
			if defined $_->{meant_for} && whole($_->{meant_for}) eq $from;
	}
}

my %file = map { whole($_) => $_ } @files;
my (%own, %bound);
for (@lines) {
	my $file = $file{$_->{from}} or next;
	next if -e $_->{to} && !defined_in($_->{to})->{$_->{symbol}};

	if (serves($file, $_->{symbol}, $_->{version})) {
		my $key = "$_->{from} $_->{to} $_->{symbol}";
		next if $_->{from} eq $_->{to} || $copied{$key} || $looked_up{$_->{symbol}};
		$own{$key} = 1;
		push @wrong, "not said: $_->{from} missed its own $_->{symbol}, got $_->{to}'s"
			unless $missed{$key};
	} else {
		$bound{"$_->{ns} $_->{symbol} $_->{version}"}{$_->{to}} = 1;
	}
}
for my $key (sort keys %missed) {
	my ($from) = split(/ /, $key);
	push @wrong, "said, but ld.so did not: $key" if $file{$from} && !$own{$key};
}
for my $key (sort keys %bound) {
	my ($ns, $symbol, $version) = split(/ /, $key);
	my @definers = grep { $file{$_} && serves($file{$_}, $symbol, $version // '') }
		sort keys %{$bound{$key}};
	push @wrong, "not said: $symbol is split between @definers"
		if @definers > 1 && !$split{$symbol} && !$looked_up{$symbol};
}

print map { "$_\n" } @wrong;
printf("%d symbols, %d bindings by ld.so, %d own calls that went elsewhere\n", scalar @symbols,
       scalar keys %printed, scalar keys %own);
exit(@wrong ? 1 : 0);
