# Small programs that look for the recorder everywhere have with it what they have without it: output,
# ends, descriptors, signals, environment, limits, mapped files, children, as tests/same finds them.
# make check-same does so with programs of the distribution.
. "$TOP/tests/lib.sh"

status=0
"$TOP/tests/same/run" own >log || status=$?
grep -vE '^(ok|skip) ' log || true
expect_eq "status" "$status" 0
expect_match "what was compared" "$(cat log)" '^[3-9][0-9] programs compared$'

# The comparison itself: a program that says something else in some recorded runs only, in each third
# one or in a single one of many, and one that does so in plain runs as well.
program sometimes <<'END'
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* sometimes COUNTER PATTERN: each run takes the pattern's next letter, over and over. */
int main(int argc, char **argv)
{
	int fd = open(argv[1], O_RDWR | O_APPEND), odd;
	off_t run = lseek(fd, 0, SEEK_END);

	if (argc < 3 || fd < 0)
		return 1;
	odd = argv[2][run % (off_t)strlen(argv[2])] == 'x' && getenv("LD_AUDIT");
	odd |= argv[2][run % (off_t)strlen(argv[2])] == 'X';
	return write(fd, ".", 1) != 1 || write(1, odd ? "odd\n" : "even\n", odd ? 4 : 5) < 0;
}
END
compared() { # PATTERN: what `same` says of it, runs being plain, recorded, plain, recorded ...
	: >counter
	"$BUILD/tests/same/same" --module "$MODULE" sometimes ./sometimes "$PWD/counter" "$1" || true
}
randomly() { # what `same` says of a program that leaves files of such names behind
	"$BUILD/tests/same/same" --module "$MODULE" randomly bash -c "$1" || true
}
expect_match "names at random" "$(randomly 'mktemp -q file.XXXXXXXX >/dev/null')" '^ok randomly'
expect_match "one file more" "$(randomly 'mktemp -q file.XXXXXXXX >/dev/null; ${LD_AUDIT:+mktemp -q film.XXXXXXXX} >/dev/null')" \
	'^not ok randomly'
expect_match "never" "$(compared .)" '^ok sometimes: 1 processes'
expect_match "always" "$(compared .x | tr '\n' ' ')" '^not ok sometimes .*stdout: in 4 of 4 runs'
expect_match "in each third run" "$(compared .x....)" '^not ok sometimes'
expect_match "in one of all" "$(compared .x...............................)" '^ok sometimes'
expect_match "that is told" "$(compared .x...............................)" '^    stdout: in 1 of 12 runs'
expect_match "in plain runs too" "$(compared .x......X.......)" '^ok sometimes'
