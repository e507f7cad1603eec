#include "report/model/search_path.h"

#include <elf.h>

#include "report/util.h"

/* The constant sentences of search_place.left_out. */
#define WHY_REQUESTER_RUNPATH "ignored: the requester has DT_RUNPATH"
#define WHY_OWN_RUNPATH       "ignored: this object has DT_RUNPATH too"
#define WHY_NO_RPATH          "no DT_RPATH in the requester, its loaders or the program"
#define WHY_EMPTY             "ignored: it is empty"
#define WHY_NO_RUNPATH        "the requester has no DT_RUNPATH"
#define WHY_NO_LIBPATH        "LD_LIBRARY_PATH is not set"
#define WHY_EMPTY_LIBPATH     "ignored: LD_LIBRARY_PATH is empty"
#define WHY_TOKEN             "ignored: a token in it has no value"
#define WHY_TWICE             "listed before"
#define WHY_NODEFLIB_CACHE \
	"entries in the default directories are refused: DF_1_NODEFLIB of the requester"
#define WHY_NODEFLIB "not searched: DF_1_NODEFLIB of the requester"

struct place_list {
	struct search_place *items;
	size_t count, room;
	/* The directories of the path list that is being added, to find repetitions: indexes into
	 * items, SIZE_MAX is free. */
	size_t *slots;
	size_t slot_count;
};

static const struct object *object_of(const struct recording *rec, int index)
{
	return index >= 0 && (size_t)index < rec->object_count ? &rec->objects[index] : NULL;
}

static int find_kind(const struct recording *rec, enum object_kind kind)
{
	for (size_t i = 0; i < rec->object_count; i++)
		if (rec->objects[i].kind == kind)
			return (int)i;
	return NONE;
}

/* Length of the directory part of `path` as ld.so cuts it for $ORIGIN: without the last slash, but
 * the root stays "/". */
static size_t directory_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
}

/*
 * What $LIB stands for is compiled into ld.so: the last part of its slibdir, or with Debian's
 * multiarch all of it ("lib/x86_64-linux-gnu").  The directory that ld.so (or libc) lives in tells.
 * Returns that directory, absolute and without a final slash, or "" when the recording has neither.
 */
static char *system_directory(const struct recording *rec)
{
	const struct object *ldso = object_of(rec, find_kind(rec, OBJECT_LDSO));
	const char *path = ldso ? ldso->real_path : NULL;

	for (size_t i = 0; !path && i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if (object->soname && strcmp(object->soname, "libc.so.6") == 0)
			path = object->real_path ? object->real_path : object->path;
	}
	if (!path && ldso)
		path = ldso->path;
	if (!path || path[0] != '/')
		return xstrdup("");
	return xstrndup(path, directory_length(path));
}

/* The part of `directory` from "lib" on, when it is /lib*... or /usr/lib*..., else NULL: a glibc
 * with a prefix of its own. */
static const char *below_root(const char *directory)
{
	if (strncmp(directory, "/usr/lib", 8) == 0)
		return directory + 5;
	return strncmp(directory, "/lib", 4) == 0 ? directory + 1 : NULL;
}

static void append_lib(const struct recording *rec, struct strbuf *out)
{
	AUTO_FREE char *directory = system_directory(rec);
	const char *lib = below_root(directory);

	strbuf_addstr(out, lib ? lib : base_name(directory));
}

/*
 * $ORIGIN of the program is where /proc/self/exe points to; of a library the directory of the path
 * that it was opened by, made absolute with the working directory, symbolic links not resolved.
 */
static bool append_origin(const struct recording *rec, int owner, struct strbuf *out)
{
	const struct object *object = object_of(rec, owner);
	const struct object *ldso = object_of(rec, find_kind(rec, OBJECT_LDSO));
	const char *path = object ? object->path : NULL;
	size_t length;

	if (!object || object->kind == OBJECT_MAIN) {
		bool explicit_ldso = rec->exe && ldso && ldso->real_path &&
				     strcmp(rec->exe, ldso->real_path) == 0;

		if (rec->exe && !explicit_ldso)
			path = rec->exe;
		else if (object && object->real_path)
			path = object->real_path;
	}
	if (!path || !*path)
		return false;
	length = directory_length(path);
	if (path[0] != '/') {
		if (!rec->cwd || rec->cwd[0] != '/')
			return false;
		strbuf_addstr(out, rec->cwd);
		if (length && out->s[out->length - 1] != '/')
			strbuf_addch(out, '/');
	}
	strbuf_add(out, path, length);
	return true;
}

/* Length of token `name` behind a '$' at `s` ("ORIGIN" or "{ORIGIN}"), or 0.  Without braces it
 * ends where no identifier goes on. */
static size_t token_length(const char *s, size_t length, const char *name)
{
	size_t n = strlen(name);

	if (length >= n + 2 && s[0] == '{')
		return memcmp(s + 1, name, n) == 0 && s[n + 1] == '}' ? n + 2 : 0;
	if (length < n || memcmp(s, name, n) != 0)
		return 0;
	if (length > n) {
		char c = s[n];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '_')
			return 0;
	}
	return n;
}

/* Expand into `out`.  False when a token has no value: ld.so then drops the whole entry. */
static bool expand(const struct recording *rec, int owner, const char *entry, size_t length,
		   struct strbuf *out)
{
	for (size_t i = 0; i < length;) {
		size_t n;

		if (entry[i] != '$') {
			strbuf_addch(out, entry[i++]);
			continue;
		}
		i++;
		if ((n = token_length(entry + i, length - i, "ORIGIN")) != 0) {
			if (!append_origin(rec, owner, out))
				return false;
		} else if ((n = token_length(entry + i, length - i, "PLATFORM")) != 0) {
			if (!rec->platform)
				return false;
			strbuf_addstr(out, rec->platform);
		} else if ((n = token_length(entry + i, length - i, "LIB")) != 0) {
			append_lib(rec, out);
		} else {
			strbuf_addch(out, '$');
		}
		i += n;
	}
	return true;
}

char *search_path_expand(const struct recording *rec, int owner, const char *entry, size_t length)
{
	struct strbuf out = STRBUF_INIT;

	if (owner == NONE)
		owner = find_kind(rec, OBJECT_MAIN);
	if (!expand(rec, owner, entry, length, &out))
		strbuf_reset(&out);
	return strbuf_detach(&out);
}

static struct search_place *add_place(struct place_list *list, enum search_rule rule, int owner)
{
	struct search_place *place = GROW(list->items, list->count, list->room);

	place->rule = rule;
	place->owner = owner;
	return place;
}

static void leave_out(struct place_list *list, enum search_rule rule, int owner, const char *why)
{
	add_place(list, rule, owner)->left_out = why;
}

static size_t *directory_slot(struct place_list *list, const char *directory)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t i;

	for (const char *s = directory; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3u;
	for (i = hash & (list->slot_count - 1); list->slots[i] != SIZE_MAX;
	     i = (i + 1) & (list->slot_count - 1))
		if (strcmp(list->items[list->slots[i]].directory, directory) == 0)
			break;
	return &list->slots[i];
}

/* Make room for a path list of so many entries, and begin it. */
static void begin_list(struct place_list *list, size_t entries)
{
	size_t count = 8;

	while (count < entries * 2)
		count *= 2;
	list->slots = xrealloc(list->slots, count * sizeof(*list->slots));
	list->slot_count = count;
	for (size_t i = 0; i < list->slot_count; i++)
		list->slots[i] = SIZE_MAX;
}

/* One entry of a path list: ld.so takes a directory once a list, and drops entries that expand to
 * nothing. */
static void add_entry(const struct recording *rec, struct place_list *list, enum search_rule rule,
		      int owner, const char *entry, size_t length)
{
	AUTO_FREE char *directory = search_path_expand(rec, owner, entry, length);
	size_t end = strlen(directory);
	struct search_place *place = add_place(list, rule, owner);
	size_t *slot;

	place->entry = xstrndup(entry, length);
	while (end > 1 && directory[end - 1] == '/')
		directory[--end] = '\0';
	if (length && !*directory) {
		place->left_out = WHY_TOKEN;
		return;
	}
	slot = directory_slot(list, directory);
	if (*slot != SIZE_MAX) {
		place->left_out = WHY_TWICE;
		return;
	}
	*slot = list->count - 1;
	place->directory = directory;
	directory = NULL;
}

static void add_list(const struct recording *rec, struct place_list *list, enum search_rule rule,
		     int owner, const char *value, const char *separators)
{
	size_t entries = 1;

	for (const char *s = value; *(s += strcspn(s, separators)); s++)
		entries++;
	begin_list(list, entries);
	for (;;) {
		size_t length = strcspn(value, separators);

		add_entry(rec, list, rule, owner, value, length);
		if (!value[length])
			return;
		value += length + 1;
	}
}

/* ld.so's l_loader: who brought an object by DT_NEEDED or as a preload; none after dlopen.  Loaders
 * are older than what they load, so a chain ends. */
static int loader_of(const struct recording *rec, int index)
{
	const struct object *object = &rec->objects[index];
	bool has_loader = object->reason == REASON_NEEDED || object->reason == REASON_PRELOAD;

	return has_loader && object->reason_object < index ? object->reason_object : NONE;
}

static bool add_rpath(const struct recording *rec, struct place_list *list, int owner)
{
	const struct object *object = object_of(rec, owner);

	if (!object || !object->rpath)
		return false;
	if (object->runpath)
		leave_out(list, RULE_RPATH, owner, WHY_OWN_RUNPATH);
	else if (!*object->rpath)
		leave_out(list, RULE_RPATH, owner, WHY_EMPTY);
	else
		add_list(rec, list, RULE_RPATH, owner, object->rpath, ":");
	return true;
}

static void add_rpaths(const struct recording *rec, struct place_list *list, int requester)
{
	int program = find_kind(rec, OBJECT_MAIN);
	const struct object *object = object_of(rec, requester);
	bool any = false, did_program = false;

	if (object && object->runpath) {
		leave_out(list, RULE_RPATH, requester, WHY_REQUESTER_RUNPATH);
		return;
	}
	for (int i = object ? requester : NONE; i != NONE; i = loader_of(rec, i)) {
		any |= add_rpath(rec, list, i);
		did_program |= i == program;
	}
	if (!did_program)
		any |= add_rpath(rec, list, program);
	if (!any)
		leave_out(list, RULE_RPATH, NONE, WHY_NO_RPATH);
}

static void add_library_path(const struct recording *rec, struct place_list *list)
{
	const char *value = recording_getenv(rec, "LD_LIBRARY_PATH");

	if (!value || !*value)
		leave_out(list, RULE_LD_LIBRARY_PATH, NONE,
			  value ? WHY_EMPTY_LIBPATH : WHY_NO_LIBPATH);
	else
		add_list(rec, list, RULE_LD_LIBRARY_PATH, NONE, value, ":;");
}

static void add_runpath(const struct recording *rec, struct place_list *list, int requester)
{
	const struct object *object = object_of(rec, requester);

	if (!object || !object->runpath)
		leave_out(list, RULE_RUNPATH, object ? requester : NONE, WHY_NO_RUNPATH);
	else if (!*object->runpath)
		leave_out(list, RULE_RUNPATH, requester, WHY_EMPTY);
	else
		add_list(rec, list, RULE_RUNPATH, requester, object->runpath, ":");
}

static void add_default(struct place_list *list, const char *format, const char *directory)
{
	struct search_place *place = add_place(list, RULE_DEFAULT, NONE);

	place->directory = xasprintf(format, directory);
	place->entry = xstrdup(place->directory);
}

/* slibdir and libdir; a multiarch ld.so also has /lib and /usr/lib; one with a prefix of its own
 * has the directory it lives in. */
static void add_defaults(const struct recording *rec, struct place_list *list)
{
	AUTO_FREE char *directory = system_directory(rec);
	const char *lib = below_root(directory);

	if (!lib) {
		if (*directory)
			add_default(list, "%s", directory);
		return;
	}
	add_default(list, "/%s", lib);
	add_default(list, "/usr/%s", lib);
	if (strchr(lib, '/')) {
		add_default(list, "/%s", "lib");
		add_default(list, "/usr/%s", "lib");
	}
}

size_t search_places_list(const struct recording *rec, int requester,
			  struct search_place **ret_places)
{
	struct place_list list = {0};
	const struct object *object = object_of(rec, requester);
	bool no_defaults;

	if (!object)
		object = object_of(rec, find_kind(rec, OBJECT_MAIN));
	no_defaults = object && (object->flags_1 & DF_1_NODEFLIB);

	add_rpaths(rec, &list, requester);
	add_library_path(rec, &list);
	add_runpath(rec, &list, requester);
	add_place(&list, RULE_CACHE, NONE)->left_out = no_defaults ? WHY_NODEFLIB_CACHE : NULL;
	if (no_defaults)
		leave_out(&list, RULE_DEFAULT, NONE, WHY_NODEFLIB);
	else
		add_defaults(rec, &list);
	free(list.slots);
	*ret_places = list.items;
	return list.count;
}

void search_places_free(struct search_place *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(places[i].entry);
		free(places[i].directory);
	}
	free(places);
}

/* Names that glibc before 2.37 combined into subdirectories ("tls/haswell/x86_64/"). */
static bool is_legacy_subdirectory(const char *name, size_t length)
{
	static const char *const known[] = {
		"tls",    "x86_64",  "haswell", "xeon_phi", "avx512_1", "sse2",    "i386",
		"i486",   "i586",    "i686",    "aarch64",  "atomics",  "altivec", "vsx",
		"ppc970", "power4",  "power5",  "power5+",  "power6",   "power6x", "power7",
		"power8", "power9",  "z900",    "z990",     "z9-109",   "z10",     "z196",
		"zEC12",  "z13",     "z14",     "z15",      "v7l",      "v6l",     "neon",
		"vfp",    "sparcv9",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i]) == length && memcmp(known[i], name, length) == 0)
			return true;
	return false;
}

/* True when the `length` bytes at `s` are hardware subdirectories, each with its slash. */
static bool is_hardware_subdirectory(const char *s, size_t length)
{
	static const char modern[] = "glibc-hwcaps/";
	size_t prefix = sizeof(modern) - 1;

	if (length > prefix && memcmp(s, modern, prefix) == 0) {
		const char *slash = memchr(s + prefix, '/', length - prefix);

		return slash && slash > s + prefix && slash == s + length - 1;
	}
	while (length) {
		const char *slash = memchr(s, '/', length);
		size_t n = slash ? (size_t)(slash - s) : 0;

		if (!slash || !is_legacy_subdirectory(s, n))
			return false;
		s += n + 1;
		length -= n + 1;
	}
	return true;
}

bool search_place_covers(const struct search_place *place, const char *path, const char *name)
{
	size_t directory, total = strlen(path), tail = strlen(name);

	if (!place->directory || place->left_out)
		return false;
	directory = strlen(place->directory);
	if (strncmp(path, place->directory, directory) != 0)
		return false;
	if (directory && place->directory[directory - 1] != '/') {
		if (path[directory] != '/')
			return false;
		directory++;
	}
	if (total < directory + tail || strcmp(path + total - tail, name) != 0)
		return false;
	return is_hardware_subdirectory(path + directory, total - tail - directory);
}

char *search_path_directory(const char *path, const char *name)
{
	size_t total = strlen(path), tail = strlen(name), end;

	if (total < tail || strcmp(path + total - tail, name) != 0)
		tail = strlen(base_name(path));
	end = total - tail;
	for (size_t i = 0; i < end; i++)
		if ((i == 0 || path[i - 1] == '/') && is_hardware_subdirectory(path + i, end - i))
			end = i;
	while (end > 1 && path[end - 1] == '/')
		end--;
	return xstrndup(path, end);
}
