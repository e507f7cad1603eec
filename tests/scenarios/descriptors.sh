# A program that closes all descriptors and opens files of its own gets the numbers that it would
# get without the recorder, and its files hold exactly what it wrote.
. "$TOP/tests/lib.sh"

for i in $(seq 30); do so lib$i.so <<<"int f$i(void) { return $i; }"; done
program prog <<'END'
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	int report = dup(1), fd[8];
	char name[32], line[64];

	/* what is open now, before anything is closed */
	for (int i = 0; i < 64; i++)
		if (fcntl(i, F_GETFD) >= 0) {
			snprintf(line, sizeof(line), "open at start: %d\n", i);
			write(report, line, strlen(line));
		}
	dup2(report, 100);
	for (int i = 0; i < 64; i++)
		close(i);
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "own.%d", i);
		fd[i] = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
		snprintf(line, sizeof(line), "%s is %d\n", name, fd[i]);
		write(100, line, strlen(line));
	}
	for (int i = 1; i <= 30; i++) {
		snprintf(name, sizeof(name), "./lib%d.so", i);
		if (!dlopen(name, RTLD_NOW))
			abort();
		snprintf(line, sizeof(line), "line %d\n", i);
		for (int k = 0; k < 8; k++)
			if (write(fd[k], line, strlen(line)) != (ssize_t)strlen(line))
				abort();
	}
	return 0;
}
END
same_run ./prog
rm own.*
audit ./prog >/dev/null
seq -f 'line %g' 30 >wanted
for i in 0 1 2 3 4 5 6 7; do
	cmp own.$i wanted || fail "own.$i is not what the program wrote"
done
ingest
expect_sound
expect_no_spools
expect_db "and the recording is whole" "SELECT p.end_kind, count(*) FROM call c JOIN process p
	ON p.id = c.process WHERE c.kind = 'dlopen' AND outcome = 'loaded' GROUP BY p.id" "exit|30
exit|30"

# The same with standard descriptors closed from the start: 0, 1 and 2 are then the program's.
program closed <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	int a = open("first", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int b = open("second", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int c = open("third", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	dprintf(a, "a%d\n", a);
	dprintf(b, "b%d\n", b);
	dprintf(c, "c%d\n", c);
	return 0;
}
END
env LD_AUDIT="$MODULE" ./closed <&- >&- 2>&-
expect_eq "files under 0, 1 and 2" "$(cat first second third)" "a0
b1
c2"
