/*
 * recording.c - write recordings that no program of this machine makes, for the tests of the HTML
 * report and for looking at it.
 *
 *     viewer-recording DATABASE OBJECTS BINDINGS    a program with that many of both
 *     viewer-recording DATABASE hostile             names that try to be more than names
 *
 * The same arguments give the same recording, but for the ids in it.
 */
#include <stdio.h>

#include "report/store/store.h"
#include "tests/unit/spool_builder.h"

#define NEEDED_MOST 8

/* --- a large program --- */

struct program {
	struct spool_builder b;
	uint32_t objects, bindings;
	uint32_t hubs; /* the first libraries: what most others need */
	uint64_t random;
};

static uint32_t pick(struct program *p, uint32_t below)
{
	p->random = p->random * 6364136223846793005u + 1442695040888963407u;
	return below ? (uint32_t)(p->random >> 33) % below : 0;
}

/* Libraries are numbered from 3 on: 1 is the program, 2 ld.so. */
static const char *soname_of(uint32_t number, char *room, size_t size)
{
	static const char *const parts[] = {"core",   "text",  "image", "codec", "net",
					    "script", "audio", "chart", "store", "crypt"};

	/* Letters tell them apart: numbers would make them versions of one library. */
	snprintf(room, size, "lib%s%s%c%c%c.so.%u", parts[number % 10],
		 number % 3 ? "-" : "-plugin-", 'a' + (int)(number / 676 % 26),
		 'a' + (int)(number / 26 % 26), 'a' + (int)(number % 26), number % 4);
	return room;
}

static const char *path_of(uint32_t number, char *room, size_t size)
{
	char soname[64];

	snprintf(room, size, "%s/%s",
		 number % 3 ? "/usr/lib/x86_64-linux-gnu" : "/opt/suite/lib/plugins",
		 soname_of(number, soname, sizeof(soname)));
	return room;
}

/* Who asks for library `number` first: the program, a library before it, or nobody but dlopen. */
static uint32_t parent_of(const struct program *p, uint32_t number)
{
	if (number < 3 + p->hubs / 4 + 1)
		return 1;
	return number % 7 == 0 && number > p->objects / 2 ? 0 : 3 + (number - 3) / 3;
}

static void put_object(struct program *p, uint32_t number)
{
	char sonames[NEEDED_MOST][64], path[128], own[64], build_id[4];
	const char *needed[NEEDED_MOST];
	uint32_t count = 0;

	/* Those that it brings, and some hubs that are there already. */
	for (uint32_t i = number + 1; i <= p->objects && count < NEEDED_MOST - 3; i++)
		if (i >= 3 && parent_of(p, i) == number) {
			needed[count] = soname_of(i, sonames[count], sizeof(sonames[0]));
			count++;
		}
	for (uint32_t i = 0; i < 3 && p->hubs; i++) {
		uint32_t hub = 3 + pick(p, p->hubs);

		if (hub >= number)
			continue;
		needed[count] = soname_of(hub, sonames[count], sizeof(sonames[0]));
		count++;
	}
	memcpy(build_id, &number, sizeof(build_id));
	struct sb_facts facts = {.kind = SPOOL_OBJECT_LIBRARY,
				 .name = path_of(number, path, sizeof(path)),
				 .soname = soname_of(number, own, sizeof(own)),
				 .build_id = build_id,
				 .elf_flags = SPOOL_ELF_STACK | SPOOL_ELF_GNU_HASH,
				 .needed = needed,
				 .needed_count = number == 2 ? 0 : count};

	if (number == 1) {
		facts.kind = SPOOL_OBJECT_MAIN;
		facts.name = "";
		facts.soname = NULL;
	} else if (number == 2) {
		facts.kind = SPOOL_OBJECT_LDSO;
		facts.name = "/lib64/ld-linux-x86-64.so.2";
		facts.soname = "ld-linux-x86-64.so.2";
	}
	sb_object_of(&p->b, number, &facts);
}

/* Mapping a library takes some time, a large one more. */
static void wait_for(struct program *p, uint32_t number)
{
	p->b.time += 20000 + (number % 11 == 0 ? 900000 : number % 5 * 40000);
}

static void load(struct program *p, uint32_t number, uint32_t requester)
{
	char soname[64], path[128], miss[160];

	soname_of(number, soname, sizeof(soname));
	sb_search(&p->b, requester, LA_SER_ORIG, soname, NULL, 0);
	snprintf(miss, sizeof(miss), "/opt/suite/lib/%s", soname);
	sb_search(&p->b, requester, LA_SER_LIBPATH, miss, NULL, 0);
	if (number % 4 == 0) {
		snprintf(miss, sizeof(miss), "/opt/suite/lib/glibc-hwcaps/x86-64-v3/%s", soname);
		sb_search(&p->b, requester, LA_SER_LIBPATH, miss, NULL, 0);
	}
	sb_search(&p->b, requester, LA_SER_CONFIG, path_of(number, path, sizeof(path)), NULL, 0);
	wait_for(p, number);
	put_object(p, number);
}

static void put_binding(struct program *p, uint32_t count)
{
	uint32_t from = 3 + pick(p, p->objects - 2), to = 3 + pick(p, p->objects - 2);
	uint32_t symbol = pick(p, 100);
	char name[128];

	if (count % 3) /* mostly to what all use */
		to = 3 + pick(p, p->hubs ? p->hubs : 1);
	if (to > p->objects || from > p->objects)
		return;
	snprintf(name, sizeof(name), "_ZN8suite%03u6Widget%zuprocess_%uERKNS_5EventEj", to % 1000,
		 (size_t)(symbol < 10 ? 9 : 10), symbol);
	sb_symbol(&p->b, to, symbol, name, symbol % 5 ? NULL : "SUITE_1.0");
	sb_binding(&p->b, from, to, symbol, 0);
}

static void open_later(struct program *p, uint32_t number)
{
	const uint64_t frames[] = {0x100456, UINT64_C(0x300123), 0x100999};
	char path[128];

	sb_call(&p->b, SPOOL_CALL_DLOPEN, 1, path_of(number, path, sizeof(path)), 0, frames, 3);
	sb_search(&p->b, 1, LA_SER_ORIG, path, frames, 3);
	wait_for(p, number);
	put_object(p, number);
	for (uint32_t i = number + 1; i <= p->objects; i++)
		if (parent_of(p, i) == number)
			load(p, i, number);
	sb_event(&p->b, SPOOL_ACTIVITY, 1, LA_ACT_CONSISTENT);
	p->b.time += 300000;
}

static void put_program(struct program *p)
{
	sb_process(&p->b, "/opt/suite/bin/suite", "--open=report.odt",
		   "LD_LIBRARY_PATH=/opt/suite/lib");
	sb_event(&p->b, SPOOL_ACTIVITY, 0, LA_ACT_ADD);
	put_object(p, 1);
	put_object(p, 2);
	for (uint32_t i = 3; i <= p->objects; i++)
		if (parent_of(p, i))
			load(p, i, parent_of(p, i));
	sb_event(&p->b, SPOOL_ACTIVITY, 1, LA_ACT_CONSISTENT);
	p->b.time += 4000000;
	sb_event(&p->b, SPOOL_PREINIT, 1, 0);
	for (uint32_t i = 3; i <= p->objects; i++)
		if (!parent_of(p, i))
			open_later(p, i);
	for (uint32_t i = 0; p->objects > 2 && i < p->bindings; i++)
		put_binding(p, i);
	sb_event(&p->b, SPOOL_END, 0, 0);
}

/* --- hostile names --- */

static char *long_name(void)
{
	char *name = xmalloc(100001);

	for (size_t i = 0; i < 100000; i++)
		name[i] = "<b>\"long\"</b>/"[i % 14];
	name[100000] = '\0';
	return name;
}

static void put_hostile(struct spool_builder *b)
{
	AUTO_FREE char *longest = long_name();
	const char *const names[] = {
		"/x/<img src=x onerror=document.title='owned'>.so",
		"/x/\"></script><script>document.title='owned'</script>.so",
		"/x/'\"`${document.title='owned'}&lt;b&gt;&#60;i&#62;.so",
		"/x/line\xe2\x80\xa8separator\xe2\x80\xa9\r\nbreak\ttab.so",
		"/x/invalid\xff\xfe\xc3\x28.so",
		"/x/\xe2\x80\xae"
		"os.live\xe2\x80\xac.so",
		"/x/\001\002\006marks\016\017.so",
		"/x/\033]0;owned\007\033[2J\033[31mred\b\v\f.so",
		"/x/c1 \xc2\x9b"
		"31m\xc2\x85\x7f.so",
		"/x/bidi \xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f\xe2\x80\x8e\xd8\x9c\xef\xbb\xbf.so",
		"=1+1\\N\" -> x; }",
		"javascript:document.title='owned'",
		"/x/__proto__",
		"constructor",
		longest,
	};
	const uint64_t frames[] = {0x100456};
	char build_id[4] = "abc";

	sb_process(b, names[0], "\033[31m\xe2\x80\xae\xff\n",
		   "LD_LIBRARY_PATH=<script>document.title='owned'</script>\033[2J");
	sb_event(b, SPOOL_ACTIVITY, 0, LA_ACT_ADD);
	sb_object_of(b, 1,
		     &(struct sb_facts){.kind = SPOOL_OBJECT_MAIN,
					.name = "",
					.build_id = build_id,
					.needed = names,
					.needed_count = (uint32_t)ARRAY_SIZE(names)});
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *other = names[(i + 1) % ARRAY_SIZE(names)];

		build_id[3] = (char)i;
		sb_search(b, 1, LA_SER_ORIG, names[i], NULL, 0);
		sb_search(b, 1, LA_SER_LIBPATH, other, NULL, 0);
		sb_object_of(b, i + 2,
			     &(struct sb_facts){.kind = SPOOL_OBJECT_LIBRARY,
						.name = names[i],
						.soname = names[i],
						.build_id = build_id,
						.needed = &other,
						.needed_count = 1});
		sb_symbol(b, i + 2, 1, names[i], other);
		sb_binding(b, 1, i + 2, 1, 0);
	}
	sb_event(b, SPOOL_ACTIVITY, 1, LA_ACT_CONSISTENT);
	sb_event(b, SPOOL_PREINIT, 1, 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		sb_call(b, SPOOL_CALL_DLOPEN, 1, names[i], 0, frames, 1);
		sb_call(b, SPOOL_CALL_DLVSYM, 1, names[i], UINT64_C(0x7f0000002000), frames, 1);
	}
	sb_header(b)->lost_events = 7;
	sb_header(b)->lost_reason = SPOOL_LOST_NO_SPACE;
	sb_event(b, SPOOL_END, 0, 0);
}

int main(int argc, char **argv)
{
	struct ingest_options options = {0};
	struct ingest_result result;
	struct program p = {.random = 42};
	AUTO_FREE char *spool = NULL;

	if (argc != 4 && !(argc == 3 && strcmp(argv[2], "hostile") == 0)) {
		fputs("usage: viewer-recording DATABASE {OBJECTS BINDINGS | hostile}\n", stderr);
		return 2;
	}
	sb_init(&p.b, 4242);
	if (argc == 3) {
		put_hostile(&p.b);
	} else {
		p.objects = (uint32_t)atoi(argv[2]);
		p.bindings = (uint32_t)atoi(argv[3]);
		p.hubs = p.objects / 12;
		put_program(&p);
	}
	spool = xasprintf("%s.4242.spool", argv[1]);
	sb_save(&p.b, spool);
	sb_release(&p.b);
	return store_ingest(argv[1], &options, &result) && result.taken == 1 ? 0 : 1;
}
