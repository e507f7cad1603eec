# What was recorded of loads and searches equals what LD_DEBUG=files,libs prints for the same run: each
# request, each path tried, in order, with its rule and owner, each link map.
. "$TOP/tests/lib.sh"

need perl
equal_to_ld_debug perl -MPOSIX -MSocket -e 1
equal_to_ld_debug perl -e 'my $pid = fork; if ($pid) { waitpid $pid, 0 } else { require POSIX }'
