# Very many processes in one run, as a build has them: each is recorded, with its parent, and one
# ingest takes all in.  LOAD=all has 5,000 (make check-load).
. "$TOP/tests/lib.sh"
need make
targets=150
[ "${LOAD:-}" != all ] || targets=5000

so libone.so <<<'int one(void) { return 1; }'
program step <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	void *handle = dlopen("./libone.so", RTLD_NOW);
	FILE *out = argc > 1 ? fopen(argv[1], "w") : NULL;
	return handle && dlsym(handle, "one") && out && fclose(out) == 0 ? 0 : 1;
}
END
mkdir made
{
	echo "all: $(seq -s ' ' -f 'made/%g' $targets)"
	printf 'made/%%:\n\t@./step $@\n'
} >Makefile
begin=$(date +%s%N)
env -u MAKEFLAGS -u MAKELEVEL LD_AUDIT="$MODULE" PLUGAUDIT_FLUSH=off make -j 4 >make.out
built=$(date +%s%N)
expect_eq "made" "$(find made -type f | wc -l)" $targets
expect_eq "output" "$(cat make.out)" ""
spools=$(find . -maxdepth 1 -name '*.spool' | wc -l)
program peak <"$TOP/tests/load/peak.c"
ingested=$(date +%s%N)
./peak peak.kib "$REPORT" ingest >/dev/null
end=$(date +%s%N)
expect_no_spools
expect_sound
echo "$spools processes recorded in $(((built - begin) / 1000000)) ms, taken in in" \
	"$(((end - ingested) / 1000000)) ms with $(cat peak.kib) KiB"
expect_db "runs" "SELECT count(*) FROM run" 1
expect_db "each step, ended by exit" "SELECT count(*), count(DISTINCT argv), min(end_kind), max(end_kind)
	FROM process WHERE argv LIKE '[\"./step\"%'" "$targets|$targets|exit|exit"
expect_db "each has a parent" "SELECT count(*) FROM process WHERE parent IS NULL" 1
expect_db "each with its load" "SELECT count(*) FROM object o JOIN process p ON p.id = o.process
	WHERE o.path = './libone.so' AND p.argv LIKE '[\"./step\"%'" $targets
sanitized || expect_true "memory stays below 100 MB: $(cat peak.kib) KiB" [ "$(cat peak.kib)" -lt 100000 ]
