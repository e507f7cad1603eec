# A program that nobody here wrote does and says the same with the recorder, and every library that
# it loads is explained.
. "$TOP/tests/lib.sh"

need perl
guest perl -MPOSIX -MSocket -e 'print inet_ntoa(inet_aton("127.0.0.1")), " ", floor(2.5), "\n"; exit 5'
guest perl -e 'print `echo from a shell`; my $pid = fork // die; if (!$pid) { exit 3 } waitpid $pid, 0; print $? >> 8, "\n"'
