# shellcheck shell=bash
# Programs under small limits, that they set themselves or were given.
. "$TOP/tests/same/lib.sh"

for i in $(seq 1500); do echo "int f$i(int x) { return x + $i; }"; done >many.c
$CC -O0 -fPIC -shared -o libmany.so many.c
program limits <<'END_OF_SOURCE'
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	static const int which[] = {RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK,
				    RLIMIT_MEMLOCK, RLIMIT_NPROC, RLIMIT_CORE, RLIMIT_SIGPENDING};
	static const char *const names[] = {"fsize", "nofile", "as", "data", "stack", "memlock", "nproc",
					    "core", "sigpending"};
	int loaded = 0, children = 0, status;
	char text[4096];
	void *room;
	if (argc < 4)
		return 1;
	for (int i = 0; i < 9; i++)
		if (strcmp(argv[1], names[i]) == 0) {
			struct rlimit limit = {strtoul(argv[2], NULL, 0), strtoul(argv[2], NULL, 0)};
			if (argc > 4 && (setgid(65534) != 0 || setuid(65534) != 0))
				return 2;
			setrlimit(which[i], &limit);
		}
	for (int i = 0; i < 30; i++) {
		void *handle = dlopen(argv[3], RTLD_NOW);
		loaded += handle != NULL;
		if (handle)
			dlclose(handle);
	}
	fflush(stdout);
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(dlsym(RTLD_DEFAULT, "puts") != NULL);
		if (pid > 0 && waitpid(pid, &status, 0) == pid)
			children += WEXITSTATUS(status);
	}
	room = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	snprintf(text, sizeof(text), "loaded %d, children %d, room %d\n", loaded, children, room != MAP_FAILED);
	write(1, text, strlen(text));
	return 3;
}
END_OF_SOURCE
for limit in fsize:0 fsize:100 fsize:4096 fsize:65536 nofile:0 nofile:3 nofile:4 nofile:5 as:10000000 \
	as:100000000 data:4000000 stack:65536 memlock:0 nproc:0 nproc:1 core:0 sigpending:0; do
	same "limit-within-$limit" --quiet ./limits ${limit%:*} ${limit#*:} "$PWD/libmany.so"
done
[ "$(id -u)" != 0 ] || for limit in nproc:0 nproc:1 nofile:3; do
	same "limit-as-nobody-$limit" --quiet ./limits ${limit%:*} ${limit#*:} "$PWD/libmany.so" nobody
done
for limit in "-f 0" "-f 1" "-f 64" "-f 200" "-n 4" "-n 5" "-n 6" "-v 20000" "-v 60000" "-v 1000000" \
	"-d 4000" "-s 64" "-l 0" "-i 0" "-c 0" "-t 5"; do
	same "limit-before$(tr -d ' ' <<<"$limit")" --quiet --unrecorded \
		bash -c "ulimit $limit; exec $PWD/limits none 0 $PWD/libmany.so"
done

# Any auditor takes memory that counts as data (ld.so's own copy of what it notes about each object, a
# second libc), so that there is less below a small limit.
for limit in data:0 data:1000000; do
	same "limit-within-$limit" --against "$NULL_MODULE" --quiet ./limits ${limit%:*} ${limit#*:} "$PWD/libmany.so"
done
