# A plugin that is loaded and unloaded again and again: each time is recorded, and the memory for what
# is closed is used again.  In between a namespace goes as a whole, where ld.so closes an entry that it
# never announced.
. "$TOP/tests/lib.sh"

so libplug.so <<'END'
#include <stdio.h>
FILE **data = &stdout;
int plug(void) { return fflush(*data); }
END
so libother.so -Wl,--no-as-needed -lc <<<'int other(void) { return 1; }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static long anonymous(void)
{
	char line[256];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "r");

	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, "RssAnon:", 8) == 0)
			kib = atol(line + 8);
	if (status)
		fclose(status);
	return kib;
}
int main(int argc, char **argv)
{
	int name_spaces = argc > 1 && strcmp(argv[1], "namespaces") == 0;
	long before = 0, after;

	for (int i = 0; i < 10000; i++) {
		void *handle = dlopen("./libplug.so", RTLD_NOW);
		int (*plug)(void) = handle ? (int (*)(void))dlsym(handle, "plug") : NULL;

		if (!plug || plug() || dlclose(handle))
			return 1;
		if (name_spaces && i % 100 == 0 &&
		    (!(handle = dlmopen(LM_ID_NEWLM, "./libother.so", RTLD_NOW)) || dlclose(handle)))
			return 2;
		if (i == 1000)
			before = anonymous();
	}
	after = anonymous();
	if (argc > 1 && strcmp(argv[argc - 1], "measure") == 0)
		printf("%ld\n", after - before);
	return 0;
}
END
# Before 2.35, ld.so crashes in dlmopen when there is any auditor.
glibc=$(getconf GNU_LIBC_VERSION)
name_spaces=
[ "$(printf '%s\n' "${glibc#glibc }" 2.35 | sort -V | head -n 1)" = 2.35 ] && name_spaces=namespaces
same_run ./host $name_spaces
# ld.so itself loses some bytes each time, with any auditor.
other=$(LD_AUDIT="$NULL_MODULE" ./host $name_spaces measure)
rm -f "$PLUGAUDIT_DB"
ours=$(audit ./host $name_spaces measure)
expect_true "no more KiB than under another auditor: $ours, $other" [ "$ours" -lt $((other + 256)) ]
expect_sound
echo "10,000 times opened, used and closed: $ours KiB more afterwards, $other under an empty auditor"
expect_db "loads" "SELECT count(*), count(DISTINCT number), count(closed_seq) FROM object
	WHERE path LIKE '%libplug.so'" "10000|10000|10000"
expect_db "their bindings" "SELECT count(*) FROM v_binding WHERE from_path LIKE '%libplug.so'
	AND symbol = 'stdout' AND to_path LIKE '%libc.so.6'" 10000
expect_db "closed in their order" "SELECT count(*) FROM object a JOIN object b
	ON b.number > a.number AND a.closed_seq > b.opened_seq
	WHERE a.path LIKE '%libplug.so' AND b.path LIKE '%libplug.so' AND b.number < a.number + 40" 0
[ -z "$name_spaces" ] || expect_db "namespaces" "SELECT count(*), count(closed_seq) FROM object
	WHERE path LIKE '%libother.so'" "100|100"
