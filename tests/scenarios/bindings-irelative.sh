# R_*_IRELATIVE: ld.so calls the resolver of an object's own IFUNC, and looks no name up.  glibc
# sysdeps/x86_64/dl-machine.h (elf_machine_rela, elf_machine_lazy_rel).
. "$TOP/tests/lib.sh"

need readelf nm
rpath=(-L. -Wl,-rpath,"$PWD")
so libchosen.so <<<'int chosen(void) { return 4; }'
# As in libc: a function that is exported, and called within by a hidden name; one that is not.
so libown.so "${rpath[@]}" -lchosen <<'END'
int chosen(void);
__attribute__((noinline, used)) static int named_one(void) { return 1; }
__attribute__((noinline, used)) static int nameless_one(void) { return 2; }
static void *resolve_named(void) { return named_one; }
static void *resolve_nameless(void) { return nameless_one; }
static void *resolve_other(void) { return chosen; }
int named(void) __attribute__((ifunc("resolve_named")));
int within(void) __attribute__((ifunc("resolve_named"), visibility("hidden")));
static int nameless(void) __attribute__((ifunc("resolve_nameless")));
static int other(void) __attribute__((ifunc("resolve_other")));
int (*const volatile pointers[])(void) = {nameless, nameless};
int own(void) { return within() + nameless() + pointers[1]() + other(); }
END
# Opened, and closed at once: read while it is still mapped.
so liblate.so <<'END'
static int late_one(void) { return 8; }
static void *resolve_late(void) { return late_one; }
static int late_ifunc(void) __attribute__((ifunc("resolve_late")));
int late(void) { return late_ifunc(); }
END
program prog "${rpath[@]}" -lown <<'END'
#include <dlfcn.h>
int own(void);
int main(void)
{
	void *late = dlopen("./liblate.so", RTLD_LAZY);

	return own() == 1 + 2 + 2 + 4 && late && dlclose(late) == 0 ? 0 : 1;
}
END
relocations=$(readelf -rW libown.so | grep -c IRELATIV)
expect_true "the linker made such relocations" [ "$relocations" -ge 3 ]
expect_true "of another object too" [ "$(readelf -rW liblate.so | grep -c IRELATIV)" -ge 1 ]

offset() { # OBJECT SYMBOL: its value, decimal
	echo $((0x$(nm "$1" | awk -v name="$2" '$3 == name { print $1 }')))
}
chosen_by() { # OBJECT RESOLVER: what was bound, as "object symbol offset slots"
	db "SELECT replace(t.path, '$PWD/', ''), s.name, b.address - t.load_address, sum(b.count)
		FROM binding b JOIN symbol s ON s.id = b.symbol JOIN object t ON t.id = b.to_object
		JOIN object f ON f.id = b.from_object
		WHERE b.kind = 'irelative' AND b.source = 'relocation' AND f.path LIKE '%$1'
		AND s.value = $(offset "$1" "$2") GROUP BY 1, 2, 3"
}
for now in "" 1; do
	rm -f "$PLUGAUDIT_DB"
	same_run env ${now:+LD_BIND_NOW=1} ./prog
	ingest
	expect_match "named" "$(chosen_by libown.so resolve_named)" \
		"^libown.so\|named\|$(offset libown.so named_one)\|[1-9]"
	expect_match "not exported" "$(chosen_by libown.so resolve_nameless)" \
		"^libown.so\|\|$(offset libown.so nameless_one)\|[1-9]"
	expect_match "of another object" "$(chosen_by libown.so resolve_other)" \
		"^libchosen.so\|\|$(offset libchosen.so chosen)\|[1-9]"
	expect_match "late" "$(chosen_by liblate.so resolve_late)" \
		"^(\./)?liblate.so\|\|$(offset liblate.so late_one)\|1$"
	expect_db "each relocation" "SELECT sum(count) FROM v_binding WHERE kind = 'irelative'
		AND from_path LIKE '%libown.so'" "$relocations"
	expect_db "their symbols" "SELECT count(*) FROM symbol s JOIN binding b ON b.symbol = s.id
		WHERE (b.kind = 'irelative') <> (number < 0)
		OR (number < 0 AND (type <> 10 OR value <> -number OR object <> from_object))" 0
done
answer=$(plugreport bindings --from libown.so --kind irelative)
expect_match "the report" "$answer" 'libown\.so +named +- +libown\.so +irelative +relocation'
