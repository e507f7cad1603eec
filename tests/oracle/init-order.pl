#!/usr/bin/perl
# init-order.pl - does `plugreport object` know the order in which ld.so ran constructors?
#
#   init-order.pl OBJECTS.json LD-DEBUG-FILE
#
# OBJECTS.json is `plugreport object '*' --json` of one process, LD-DEBUG-FILE what ld.so printed for
# it (LD_DEBUG=files).  ld.so prints "calling init" for objects that have constructors, and not for
# the program: for each load, those it printed must be in the order that plugreport gives.  What auditors
# need comes first; the last time that an object is printed counts.
use strict;
use warnings;
use JSON::PP;

my ($json, $log) = @ARGV;
open(my $in, '<', $json) or die "$json: $!\n";
my $answer = do { local $/; decode_json(<$in>) };
close($in);

my %called;
my $calls = 0;
open($in, '<', $log) or die "$log: $!\n";
while (<$in>) {
	$called{$1} = $calls++ if /calling init: (.*)$/;
}
close($in);

my ($loads, $compared, $wrong) = (0, 0, 0);
my %seen;
for my $object (@{ $answer->{objects} }) {
	my $order = $object->{constructor_order} or next;
	next if $order->{root} ne $object->{path} || $seen{ $order->{root} }++;
	my @paths = grep { exists $called{$_} } (@{ $order->{before} }, $object->{path}, @{ $order->{after} });
	my @real = sort { $called{$a} <=> $called{$b} } @paths;

	$loads++;
	$compared += @paths;
	next if "@paths" eq "@real";
	$wrong++;
	print "load of $order->{root}:\n  plugreport: @paths\n  ld.so:      @real\n";
}
print "$loads loads, $compared constructors' objects compared\n";
exit($wrong || !$compared ? 1 : 0);
