# Libraries that need each other at random are opened, called, looked up in and closed at random, in
# several namespaces: everything that ld.so binds is recorded, the model of its scopes and of what is
# mapped would have bound each reference likewise, and the scopes are those that LD_DEBUG prints.
# LOAD=all tries hundreds of programs, others each time (make check-load); LOAD_SEED=N some again.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"
. "$TOP/tests/oracle/scopes.sh"

need perl readelf
libraries=12 programs=2
worlds=(2 3) # something was found with these
if [ -n "${LOAD_SEED:-}" ]; then
	worlds=("$LOAD_SEED") programs=20
elif [ "${LOAD:-}" = all ]; then
	worlds[0]=$((RANDOM + 1000))
	mapfile -t worlds < <(seq "${worlds[0]}" $((worlds[0] + 19)))
	programs=20
fi
spaces=6
glibc_at_least 2.35 || spaces=0 # dlmopen

# What a library is like: flags, needs, and whether its calls are bound when it is loaded.  All define
# common_*, and the names of thread-local and other data: who gets whose depends on scopes alone.
library() { # NUMBER
	local n=$1 flags=(-Wl,--no-as-needed -L. '-Wl,-rpath,$ORIGIN') needs=() i
	case $((RANDOM % 4)) in 0) flags+=(-Wl,-z,now) ;; *) flags+=(-Wl,-z,lazy) ;; esac
	case $((RANDOM % 12)) in
	0) flags+=(-Wl,-z,nodelete) ;;
	1) flags+=(-Wl,-Bsymbolic) ;;
	2) flags+=(-Wl,-z,global) ;;
	esac
	for ((i = 0; i < n; i++)); do
		[ $((RANDOM % 4)) -ne 0 ] || needs+=("$i")
	done
	{
		echo '#include <stdlib.h>'
		for i in 0 1 2 3 4; do echo "int common_$i(void) { return abs($n); }"; done
		[ $((RANDOM % 3)) -ne 0 ] || echo 'int weak_one(void) { return 1; }'
		[ $((RANDOM % 3)) -ne 0 ] || echo 'int common_data = 1; __thread int common_tls = 2;'
		echo 'int weak_one(void) __attribute__((weak));'
		echo 'extern int common_data __attribute__((weak));'
		for i in "${needs[@]}"; do echo "int own_$i(int);"; done
		echo 'int (*pointer)(void) = common_0;'
		echo "int own_$n(int depth) { int x = common_1() + (&common_data ? common_data : 0);"
		for i in "${needs[@]}"; do echo "if (depth) x += own_$i(depth - 1);"; done
		echo 'return x; }'
		echo "int run(int more) { int x = own_$n(1); return more ? x + common_2() + pointer() + rand() : x; }"
		echo '__attribute__((constructor)) static void up(void) { common_3(); }'
		echo '__attribute__((destructor)) static void down(void) { common_4(); labs(3); }'
	} | so "lib$n.so" "${flags[@]}" "${needs[@]/#/-l}"
}

program host <<'END'

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIBRARIES = 12, STEPS = 70 };
static void *handles[LIBRARIES];
static unsigned long long state;

static unsigned int pick(unsigned int n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(state >> 33) % n;
}

static void *open_one(const char *path, int *spaces)
{
	int flags = (pick(2) ? RTLD_NOW : RTLD_LAZY) | (pick(3) ? 0 : RTLD_GLOBAL) |
		    (pick(6) ? 0 : RTLD_DEEPBIND) | (pick(15) ? 0 : RTLD_NODELETE) |
		    (pick(6) ? 0 : RTLD_NOLOAD);

	if (*spaces == 0 || pick(10))
		return dlopen(path, flags);
	(*spaces)--;
	return dlmopen(LM_ID_NEWLM, path, flags & ~(RTLD_GLOBAL | RTLD_NOLOAD));
}

static void look_up(void *handle)
{
	static const char *const names[] = {"common_0", "common_data", "weak_one", "own_3", "free", "nowhere"};
	const char *name = names[pick(6)];
	void *where = pick(3) == 0 ? RTLD_DEFAULT : pick(3) == 0 ? RTLD_NEXT : handle;

	printf("dlsym %s %d\n", name, dlsym(where, name) != NULL);
}

int main(int argc, char **argv)
{
	int spaces = argc > 2 ? atoi(argv[2]) : 0;

	state = strtoull(argv[1], NULL, 10);
	for (int step = 0; step < STEPS; step++) {
		unsigned int n = pick(LIBRARIES), what = pick(10);
		int (*run)(int);
		char path[32];

		snprintf(path, sizeof(path), "./lib%u.so", n);
		if (what < 4 || !handles[n]) {
			void *handle = open_one(path, &spaces);

			printf("%d open %u %d\n", step, n, handle != NULL);
			if (handle && handles[n] && pick(2))
				dlclose(handle);
			else if (handle)
				handles[n] = handle;
		} else if (what < 6) {
			run = (int (*)(int))dlsym(handles[n], "run");
			printf("%d run %u %d\n", step, n, run ? run((int)pick(2)) > 0 : -1);
		} else if (what < 9) {
			printf("%d close %u %d\n", step, n, dlclose(handles[n]));
			handles[n] = NULL;
		} else {
			look_up(handles[n]);
		}
	}
	return 0;
}
END

count=0
for world in "${worlds[@]}"; do
	echo "LOAD_SEED=$world"
	RANDOM=$world
	for ((n = 0; n < libraries; n++)); do
		library "$n"
	done
	for ((p = 0; p < programs; p++)); do
		seed=$((world * 1000 + p))
		bindings_equal ./host $seed $spaces
		expect_eq "status of $seed" "$bindings_status" 0
		scopes_equal ./host $seed $spaces
		same_run ./host $seed $spaces
		count=$((count + 1))
	done
done
echo "$count programs of $libraries libraries"
