/* Answers that are the same in many processes are given once. */
#include "report/cmd.h"

static uint64_t hash_string(const char *s)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3u;
	return hash;
}

void answers_add(struct answers *answers, char *signature, size_t row, int index)
{
	AUTO_FREE char *owned = signature;
	uint64_t hash = hash_string(signature);
	struct answer *answer = NULL;

	for (size_t i = 0; i < answers->count && !answer; i++)
		if (answers->list[i].hash == hash &&
		    strcmp(answers->list[i].signature, signature) == 0)
			answer = &answers->list[i];
	if (answer) {
		answer->repeats++;
	} else {
		answer = GROW(answers->list, answers->count, answers->room);
		answer->signature = owned;
		owned = NULL;
		answer->hash = hash;
		answer->index = index;
	}
	if (!answer->row_count || answer->rows[answer->row_count - 1] != row)
		*GROW(answer->rows, answer->row_count, answer->row_room) = row;
}

void answers_release(struct answers *answers)
{
	for (size_t i = 0; i < answers->count; i++) {
		free(answers->list[i].signature);
		free(answers->list[i].rows);
	}
	free(answers->list);
	*answers = (struct answers){0};
}

bool answers_collect(struct answer_walk *walk)
{
	nearest_init(&walk->near, walk->wanted);
	for (size_t i = 0; i < walk->list->count; i++) {
		AUTO_RECORDING struct recording rec;

		recording_init(&rec);
		if (!context_load(walk->context, &walk->list->rows[i], &rec))
			return false;
		walk->collect(walk, &rec, i);
	}
	return true;
}

static bool show_answer(const struct answer_walk *walk, const struct recording *rec,
			const struct answer *answer)
{
	bool failed = false;
	struct show show = {.render = walk->context->render,
			    .options = walk->context->options,
			    .rec = rec,
			    .with_pid = walk->list->count > 1,
			    .row = &walk->list->rows[answer->rows[0]],
			    .store = walk->context->store,
			    .ret_failed = &failed,
			    .data = walk->data};
	struct same_processes same = {
		.rows = walk->list->rows, .indexes = answer->rows, .count = answer->row_count};

	walk->show(&show, answer->index, &same, answer->repeats);
	return !failed;
}

bool answers_show(struct answer_walk *walk)
{
	AUTO_RECORDING struct recording rec;
	size_t loaded = SIZE_MAX;

	recording_init(&rec);
	/* Answers stand in the order of the first process that gave them: one load each. */
	for (size_t i = 0; i < walk->answers.count; i++) {
		const struct answer *answer = &walk->answers.list[i];
		size_t row = answer->rows[0];

		if (loaded != row) {
			recording_release(&rec);
			recording_init(&rec);
			loaded = row;
			if (!context_load(walk->context, &walk->list->rows[row], &rec))
				return false;
		}
		if (!show_answer(walk, &rec, answer))
			return false;
	}
	return true;
}
