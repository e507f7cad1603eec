# LdDebug.pm - what the oracles share: reading what ld.so printed (LD_DEBUG_OUTPUT), and the database.
#
# ld.so writes PREFIX.<pid> for each image that it starts, and appends when there is one already
# (execve keeps the pid).  A forked child goes on in its parent's file, with its own pid before each
# line.  LD_DEBUG must have `files`: its lines tell images and auditors' namespaces apart.
package LdDebug;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(fail query read_images take_image);

sub fail {
	my ($program) = $0 =~ m{([^/]*)$};
	print STDERR "$program: @_\n";
	exit 2;
}

# The rows that an SQL statement selects, as lists.
sub query {
	my ($database, $sql) = @_;
	open(my $in, '-|', 'sqlite3', '-batch', '-ascii', '-cmd', '.timeout 20000', $database, $sql)
		or fail("sqlite3: $!");
	local $/;
	my $text = <$in> // '';
	close($in) or fail("sqlite3 failed on: $sql");
	return map { my @cells = split(/\x1f/, $_, -1); \@cells } split(/\x1e/, $text);
}

# An image: { pid, file_pid, fork, audit, settled }, where `fork` tells that it goes on in its
# parent's file, `audit` is the set of namespaces that auditors live in.
sub new_image {
	my ($pid, $file_pid, $fork, $audit) = @_;
	return { pid => $pid, file_pid => $file_pid, fork => $fork, audit => $audit,
		 settled => $fork };
}

sub parse_file {
	my ($path, $file_pid, $each, $images) = @_;
	my %by_pid;
	my $audit = {};    # of the file's latest image

	open(my $in, '<', $path) or fail("$path: $!");
	while (my $text = <$in>) {
		chomp $text;
		# A line that ld.so writes in two parts may have another thread's between them: what
		# follows, a version or the line's end, can be either's.
		my @lines = split(/(?<=')(?= *\d+:\t)/, $text);
		for my $line (@lines) {
			next unless $line =~ s/^ *(\d+):\t//;
			my $pid = $1;
			my $image = $by_pid{$pid};

			if ($pid == $file_pid) {
				# A new image begins with its first auditor, in a namespace that is
				# not 0.
				my $begins = $line =~ /^file=.* \[([1-9]\d*)\];  (?:dynamically loaded|generating link map)/
					&& (!$image || $image->{settled}
					    && $line =~ /libplugaudit[^\/]*\.so \[/);
				if ($begins) {
					$audit = {};
					$image = $by_pid{$pid} = new_image($pid, $file_pid, 0, $audit);
					push @$images, $image;
				}
			} elsif (!$image) {
				$image = $by_pid{$pid} = new_image($pid, $file_pid, 1, $audit);
				$image->{parent} = $by_pid{$file_pid};
				push @$images, $image;
			}
			next unless $image;
			note_namespace($image, $line);
			$each->($image, $line, @lines > 1);
		}
	}
	close($in);
}

# The auditors' namespaces are those met before the first line about namespace 0.
sub note_namespace {
	my ($image, $line) = @_;

	return unless $line =~ /^file=.* \[(\d+)\];  (?:needed by|dynamically loaded by|generating link map)/;
	if ($1 == 0) {
		$image->{settled} = 1;
	} elsif (!$image->{settled}) {
		$image->{audit}{$1} = 1;
	}
}

# Read PREFIX.<pid> of all processes.  `each` is called with (image, line, torn) for each line, its
# pid removed; `torn`: another thread's output is mixed into it, behind the last quote.  Returns the
# images, in order.
sub read_images {
	my ($prefix, $each) = @_;
	my $dir = $prefix =~ m{^(.*)/[^/]*$} ? $1 : '.';
	my ($base) = $prefix =~ m{([^/]*)$};
	my @images;

	opendir(my $handle, $dir) or fail("$dir: $!");
	my @files = sort grep { /^\Q$base\E\.\d+$/ } readdir($handle);
	closedir($handle);
	fail("no file $prefix.<pid>: did the run have LD_DEBUG_OUTPUT?") unless @files;
	for my $file (@files) {
		my ($pid) = $file =~ /\.(\d+)$/;
		parse_file("$dir/$file", $pid, $each, \@images);
	}
	return @images;
}

# Take the image of a process (pid, begun by fork?) out of the list; images and processes of one pid
# have the same order.
sub take_image {
	my ($images, $pid, $is_fork) = @_;

	for my $i (0 .. $#$images) {
		next unless $images->[$i]{pid} == $pid && $images->[$i]{fork} == ($is_fork ? 1 : 0);
		return splice(@$images, $i, 1);
	}
	return undef;
}

1;
