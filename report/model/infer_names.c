/*
 * infer_names.c - which live object has which name, as ld.so compares names: per namespace, oldest
 * first.  Hash tables, so that a long recording costs time in proportion.
 */
#include "report/model/infer.h"
#include "report/util.h"

static uint64_t hash_key(enum key_kind kind, int32_t name_space, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u ^ ((uint64_t)(uint32_t)name_space << 8 | kind);

	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		hash = (hash ^ *p) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

/* Slot that holds the key, or the free slot where it belongs; there must be a free one. */
static size_t find_slot(const struct key_index *index, enum key_kind kind, int32_t name_space,
			const char *name, uint64_t hash)
{
	size_t mask = index->slot_count - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		const struct key *key;

		if (index->slots[i] == NONE)
			return i;
		key = &index->keys[index->slots[i]];
		if (key->hash == hash && key->kind == kind && key->name_space == name_space &&
		    strcmp(key->name, name) == 0)
			return i;
	}
}

struct key *key_find(struct key_index *index, enum key_kind kind, int32_t name_space,
		     const char *name)
{
	size_t slot;

	if (!index->slot_count)
		return NULL;
	slot = find_slot(index, kind, name_space, name, hash_key(kind, name_space, name));
	return index->slots[slot] == NONE ? NULL : &index->keys[index->slots[slot]];
}

static void enlarge(struct key_index *index)
{
	size_t mask;

	index->slot_count = index->slot_count ? index->slot_count * 2 : 256;
	index->slots = xrealloc(index->slots, index->slot_count * sizeof(*index->slots));
	for (size_t i = 0; i < index->slot_count; i++)
		index->slots[i] = NONE;
	mask = index->slot_count - 1;
	for (size_t i = 0; i < index->count; i++) {
		size_t slot = index->keys[i].hash & mask;

		while (index->slots[slot] != NONE)
			slot = (slot + 1) & mask;
		index->slots[slot] = (int)i;
	}
}

struct key *key_make(struct key_index *index, enum key_kind kind, int32_t name_space,
		     const char *name)
{
	uint64_t hash = hash_key(kind, name_space, name);
	size_t slot;
	struct key *key;

	if (index->count * 2 >= index->slot_count)
		enlarge(index);
	slot = find_slot(index, kind, name_space, name, hash);
	if (index->slots[slot] != NONE)
		return &index->keys[index->slots[slot]];
	index->slots[slot] = (int)index->count;
	key = GROW(index->keys, index->count, index->room);
	key->kind = kind;
	key->name_space = name_space;
	key->name = xstrdup(name);
	key->hash = hash;
	return key;
}

void key_index_release(struct key_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		free(index->keys[i].name);
		free(index->keys[i].members);
		free(index->keys[i].waiters);
	}
	free(index->keys);
	free(index->slots);
	*index = (struct key_index){0};
}

/* The DT_NEEDED entries that waited for this name are satisfied, when they were made by the load
 * that still goes on: ld.so resolves all of them before it lets go. */
static void satisfy_waiters(struct replay *rp, struct key *key, int object)
{
	for (size_t i = 0; i < key->waiter_count; i++) {
		const struct waiter *waiter = &key->waiters[i];

		if (waiter->epoch == rp->epoch && rp->objects[waiter->object].live)
			rp->rec->objects[waiter->object].needed[waiter->position].resolved = object;
	}
	key->waiter_count = 0;
}

/* Either list tells; the shorter one is asked. */
static bool is_member(const struct replay *rp, const struct object_state *state,
		      const struct key *key, int object)
{
	bool by_key = key->count < state->key_count;

	for (size_t i = 0; i < (by_key ? key->count : state->key_count); i++)
		if (by_key ? key->members[i] == object : &rp->index.keys[state->keys[i]] == key)
			return true;
	return false;
}

void names_add(struct replay *rp, int object, enum key_kind kind, int32_t name_space,
	       const char *name)
{
	struct object_state *state = &rp->objects[object];
	struct key *key;

	if (!name || !*name)
		return;
	key = key_make(&rp->index, kind, name_space, name);
	if (is_member(rp, state, key, object))
		return;
	*GROW(state->keys, state->key_count, state->key_room) = (int)(key - rp->index.keys);
	*GROW(key->members, key->count, key->room) = object;
	if (kind == KEY_NAME)
		satisfy_waiters(rp, key, key->members[0]);
}

/* The part of a file name that a symbolic link to it usually keeps. */
static char *stem(const char *name)
{
	const char *base = base_name(name);
	const char *end = strstr(base, ".so");

	return end && end > base ? xstrndup(base, (size_t)(end - base)) : xstrdup(base);
}

bool same_stem(const char *a, const char *b)
{
	AUTO_FREE char *stem_a = stem(a), *stem_b = stem(b);

	return strcmp(stem_a, stem_b) == 0;
}

static void cut(struct strbuf *sb, size_t length)
{
	if (length < sb->length) {
		sb->length = length;
		sb->s[length] = '\0';
	}
}

/*
 * A path in the form that is compared: absolute, without "//", "/." and "/.."; where /lib is a
 * symbolic link to /usr/lib, without that "/usr".  NULL for a relative path when the working
 * directory is not known.
 */
static char *file_key(const struct replay *rp, const char *path)
{
	struct strbuf out = STRBUF_INIT;
	const char *from[] = {path[0] == '/' ? "" : rp->rec->cwd, path};

	if (!from[0])
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		for (const char *s = from[i]; *s;) {
			size_t n = strcspn(s, "/");

			if (n == 2 && s[0] == '.' && s[1] == '.') {
				const char *slash = out.length ? strrchr(out.s, '/') : NULL;

				cut(&out, slash ? (size_t)(slash - out.s) : 0);
			} else if (n && !(n == 1 && s[0] == '.')) {
				strbuf_addch(&out, '/');
				strbuf_add(&out, s, n);
			}
			s += n + (s[n] == '/');
		}
	}
	if (rp->merged_usr && strncmp(out.s, "/usr/lib", 8) == 0) {
		char *key = xstrdup(out.s + 4);

		strbuf_release(&out);
		return key;
	}
	return strbuf_detach(&out);
}

void names_add_file(struct replay *rp, int object, const char *path)
{
	AUTO_FREE char *key = path ? file_key(rp, path) : NULL;
	AUTO_FREE char *start = path ? stem(path) : NULL;
	int32_t name_space = rp->rec->objects[object].name_space;

	names_add(rp, object, KEY_FILE, name_space, key);
	names_add(rp, object, KEY_STEM, name_space, start);
}

void names_add_object(struct replay *rp, int object, const char *asked)
{
	const struct object *o = &rp->rec->objects[object];
	bool has_file = o->kind != OBJECT_VDSO;

	/* The program's l_name is empty; `path` is where its file is. */
	if (o->kind != OBJECT_MAIN)
		names_add(rp, object, KEY_NAME, o->name_space, o->path);
	if (o->kind == OBJECT_LDSO)
		names_add(rp, object, KEY_NAME, o->name_space, base_name(o->path));
	names_add(rp, object, KEY_NAME, o->name_space, o->soname);
	names_add(rp, object, KEY_NAME, o->name_space, asked);
	if (has_file) {
		names_add_file(rp, object, o->path);
		names_add_file(rp, object, o->real_path);
	}
}

void names_remove_object(struct replay *rp, int object)
{
	struct object_state *state = &rp->objects[object];

	for (size_t i = 0; i < state->key_count; i++) {
		struct key *key = &rp->index.keys[state->keys[i]];
		size_t at = key->count;

		/* Most often the newest goes first. */
		while (at > 0 && key->members[at - 1] != object)
			at--;
		if (at > 0) {
			memmove(key->members + at - 1, key->members + at,
				(key->count - at) * sizeof(*key->members));
			key->count--;
		}
	}
	state->key_count = 0;
}

int names_find(struct replay *rp, int32_t name_space, const char *name)
{
	const struct key *key = key_find(&rp->index, KEY_NAME, name_space, name);

	return key && key->count ? key->members[0] : NONE;
}

int names_find_file(struct replay *rp, int32_t name_space, const char *path)
{
	AUTO_FREE char *name = file_key(rp, path);
	const struct key *key = name ? key_find(&rp->index, KEY_FILE, name_space, name) : NULL;

	if (key && key->count)
		return key->members[0];
	/* There is one ld.so for all namespaces. */
	key = name && name_space != 0 ? key_find(&rp->index, KEY_FILE, 0, name) : NULL;
	for (size_t i = 0; key && i < key->count; i++)
		if (key->members[i] == rp->ldso)
			return rp->ldso;
	return NONE;
}

int names_find_stem(struct replay *rp, int32_t name_space, const char *name, bool *ret_any)
{
	AUTO_FREE char *start = stem(name);
	const struct key *key = key_find(&rp->index, KEY_STEM, name_space, start);

	*ret_any = key && key->count;
	return key && key->count == 1 ? key->members[0] : NONE;
}

static size_t number_slot(const struct number_map *map, uint64_t number)
{
	size_t mask = map->slot_count - 1;
	size_t i = (number * 0x9e3779b97f4a7c15u >> 20) & mask;

	while (map->values[i] != NONE && map->numbers[i] != number)
		i = (i + 1) & mask;
	return i;
}

int number_map_get(const struct number_map *map, uint64_t number)
{
	int value = map->slot_count ? map->values[number_slot(map, number)] : NONE;

	return value < 0 ? NONE : value;
}

static void number_map_enlarge(struct number_map *map)
{
	struct number_map old = *map;

	map->slot_count = old.slot_count ? old.slot_count * 2 : 64;
	map->numbers = xcalloc(map->slot_count, sizeof(*map->numbers));
	map->values = xmalloc(map->slot_count * sizeof(*map->values));
	map->used = 0;
	for (size_t i = 0; i < map->slot_count; i++)
		map->values[i] = NONE;
	for (size_t i = 0; i < old.slot_count; i++)
		if (old.values[i] >= 0)
			number_map_set(map, old.numbers[i], old.values[i]);
	number_map_release(&old);
}

/* A forgotten number keeps its slot, so that the search for others goes on behind it. */
#define FORGOTTEN (-2)

void number_map_set(struct number_map *map, uint64_t number, int value)
{
	size_t slot;

	if (map->used * 2 >= map->slot_count)
		number_map_enlarge(map);
	slot = number_slot(map, number);
	if (map->values[slot] == NONE) {
		if (value == NONE)
			return;
		map->used++;
	}
	map->numbers[slot] = number;
	map->values[slot] = value == NONE ? FORGOTTEN : value;
}

void number_map_release(struct number_map *map)
{
	free(map->numbers);
	free(map->values);
	*map = (struct number_map){0};
}
