/*
 * symbolize.c - frames to source places, through elf/.
 */
#include "report/store/symbolize.h"

#include "report/store/index_table.h"
#include "report/util.h"

#define PLACES_MAX    32 /* inlined calls at one address */
#define GLIBC_INFLATE 0

/* The answer for one offset in one file: places[first] ... */
struct answer {
	uint32_t file;
	uint32_t first, count;
	uint64_t offset;
};

struct place_finder {
	struct symbolizer *symbolizer;
	struct arena strings;
	struct elf_identity *files; /* as the recorder saw them */
	size_t file_count, file_room;
	struct answer *answers;
	size_t answer_count, answer_room;
	struct source_place *places; /* strings belong to the symbolizer */
	size_t place_count, place_room;
	struct index_table files_by_identity, answers_by_place;
};

struct place_finder *place_finder_new(void)
{
	return xcalloc(1, sizeof(struct place_finder));
}

void place_finder_free(struct place_finder *finder)
{
	if (!finder)
		return;
	if (finder->symbolizer)
		symbolizer_free(finder->symbolizer);
	arena_release(&finder->strings);
	free(finder->files);
	free(finder->answers);
	free(finder->places);
	index_table_release(&finder->files_by_identity);
	index_table_release(&finder->answers_by_place);
	free(finder);
}

struct file_key {
	const struct place_finder *finder;
	const struct elf_identity *identity;
};

static bool is_glibc(const char *path)
{
	const char *name = path ? base_name(path) : "";

	return strncmp(name, "libc.so.", 8) == 0 || strncmp(name, "libc-2.", 7) == 0 ||
	       strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld-2.", 5) == 0;
}

static bool equal_strings(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_file(const void *context, uint32_t index)
{
	const struct file_key *key = context;
	const struct elf_identity *a = &key->finder->files[index], *b = key->identity;

	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && equal_strings(a->build_id, b->build_id) &&
	       equal_strings(a->path, b->path);
}

static const char *keep(struct place_finder *finder, const char *s)
{
	return s ? arena_string(&finder->strings, s, strlen(s)) : NULL;
}

struct elf_identity object_identity(const struct object *object)
{
	return (struct elf_identity){
		.path = object->real_path ? object->real_path : object->path,
		.build_id = object->build_id,
		.dev = object->dev,
		.ino = object->ino,
		.size = object->file_size,
		.mtime_ns = object->mtime_ns,
	};
}

/* The number of the object's file, or INDEX_NONE when it has none that could be opened. */
static uint32_t file_of(struct place_finder *finder, const struct object *object)
{
	struct elf_identity identity = object_identity(object);
	struct file_key key = {finder, &identity};
	uint64_t hash = hash_mix(hash_mix(0, identity.ino), identity.mtime_ns);
	uint32_t index;

	if (!*identity.path || (!object->has_file && !object->build_id))
		return INDEX_NONE;
	hash = hash_string(hash_string(hash, identity.path), identity.build_id);
	index = index_table_find(&finder->files_by_identity, hash, is_file, &key);
	if (index == INDEX_NONE) {
		identity.path = keep(finder, identity.path);
		identity.build_id = keep(finder, identity.build_id);
		*GROW(finder->files, finder->file_count, finder->file_room) = identity;
		index = (uint32_t)(finder->file_count - 1);
		index_table_add(&finder->files_by_identity, hash, index);
	}
	return index;
}

struct answer_key {
	const struct place_finder *finder;
	uint64_t offset;
	uint32_t file;
};

static bool is_answer(const void *context, uint32_t index)
{
	const struct answer_key *key = context;
	const struct answer *answer = &key->finder->answers[index];

	return answer->offset == key->offset && answer->file == key->file;
}

/* What is at `offset` of the file, from what was found before where possible. */
static struct answer look_up(struct place_finder *finder, uint32_t file, uint64_t offset)
{
	struct answer_key key = {finder, offset, file};
	uint64_t hash = hash_mix(hash_mix(0, offset), file);
	uint32_t index = index_table_find(&finder->answers_by_place, hash, is_answer, &key);
	struct source_place places[PLACES_MAX];
	struct answer *answer;
	size_t count;

	if (index != INDEX_NONE)
		return finder->answers[index];
	if (!finder->symbolizer)
		finder->symbolizer = symbolizer_new();
	/* Nobody debugs glibc with this; where its debug information is installed, inflating it
	 * would take most of an ingest's time. */
	symbolizer_limit_inflation(finder->symbolizer,
				   is_glibc(finder->files[file].path) ? GLIBC_INFLATE : UINT64_MAX);
	count = symbolizer_find(finder->symbolizer, &finder->files[file], offset, places,
				PLACES_MAX);
	answer = GROW(finder->answers, finder->answer_count, finder->answer_room);
	answer->file = file;
	answer->offset = offset;
	answer->first = (uint32_t)finder->place_count;
	answer->count = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		*GROW(finder->places, finder->place_count, finder->place_room) = places[i];
	index_table_add(&finder->answers_by_place, hash, (uint32_t)(finder->answer_count - 1));
	return *answer;
}

/* A frame's address is where the call returns to: the call itself is before it. */
static struct answer answer_for(struct place_finder *finder, const struct recording *rec,
				const struct frame *frame)
{
	static const struct answer nothing;
	const struct object *object;
	uint32_t file;

	if (frame->object == NONE)
		return nothing;
	object = &rec->objects[frame->object];
	file = file_of(finder, object);
	return file == INDEX_NONE
		       ? nothing
		       : look_up(finder, file, frame->address - object->load_address - 1);
}

static void apply_to_stack(struct place_finder *finder, const struct recording *rec,
			   struct stack *stack)
{
	struct frame *frames = NULL;
	size_t count = 0, room = 0;

	for (size_t i = 0; i < stack->frame_count; i++) {
		struct answer answer = answer_for(finder, rec, &stack->frames[i]);

		for (uint32_t j = 0; j == 0 || j < answer.count; j++) {
			struct frame *frame = GROW(frames, count, room);
			const struct source_place *place;

			*frame = stack->frames[i];
			if (j >= answer.count)
				break;
			place = &finder->places[answer.first + j];
			frame->function = xstrdup(place->function);
			frame->function_offset = place->function ? place->function_offset + 1 : 0;
			frame->file = xstrdup(place->file);
			frame->line = place->line;
			frame->inlined = place->inlined;
		}
	}
	free(stack->frames);
	stack->frames = frames;
	stack->frame_count = count;
}

void place_finder_apply(struct place_finder *finder, struct recording *rec)
{
	for (size_t i = 0; i < rec->stack_count; i++)
		apply_to_stack(finder, rec, &rec->stacks[i]);
}
