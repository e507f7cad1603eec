/*
 * null.c - libplugaudit-null.so: an auditor that asks for everything and does nothing.
 *
 * The yardstick of overhead: what ld.so itself does differently under any auditor (a namespace and
 * a libc more, a callback for each event) is its price and not the recorder's.  It has the same
 * entry points as the recorder, asks for the same bindings, and needs libc as every real auditor
 * does.
 */
#include <link.h>
#include <stdint.h>

#define ENTRY __attribute__((visibility("default")))

ENTRY unsigned int la_version(unsigned int offered)
{
	return offered < 2 ? offered : 2;
}

ENTRY char *la_objsearch(const char *name, uintptr_t *cookie, unsigned int origin)
{
	(void)cookie, (void)origin;
	return (char *)name;
}

ENTRY void la_activity(uintptr_t *cookie, unsigned int flag)
{
	(void)cookie, (void)flag;
}

ENTRY unsigned int la_objopen(struct link_map *map, Lmid_t name_space, uintptr_t *cookie)
{
	(void)map, (void)name_space, (void)cookie;
	return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}

ENTRY unsigned int la_objclose(uintptr_t *cookie)
{
	(void)cookie;
	return 0;
}

ENTRY void la_preinit(uintptr_t *cookie)
{
	(void)cookie;
}

#if __ELF_NATIVE_CLASS == 64
#define la_symbind la_symbind64
#else
#define la_symbind la_symbind32
#endif

ENTRY uintptr_t la_symbind(ElfW(Sym) * symbol, unsigned int index, uintptr_t *from_cookie,
			   uintptr_t *to_cookie, unsigned int *flags, const char *name)
{
	(void)index, (void)from_cookie, (void)to_cookie, (void)name;
	*flags |= LA_SYMB_NOPLTENTER | LA_SYMB_NOPLTEXIT;
	return symbol->st_value;
}
