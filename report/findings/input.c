#include "report/findings/input.h"

#include "report/render/words.h"

void rule_input_init(struct rule_input *input, const struct recording *rec,
		     struct rule_source *source)
{
	*input = (struct rule_input){.rec = rec, .source = source};
}

void rule_input_release(struct rule_input *input)
{
	interpositions_release(&input->interpositions);
	duplicates_release(&input->duplicates);
	bound_set_release(&input->bound);
	*input = (struct rule_input){0};
}

struct bound_set *input_bound(struct rule_input *input)
{
	if (!input->bound_known) {
		input->bound_known = true;
		if (input->source->bound && !input->source->bound(input->source, &input->bound))
			input->failed = true;
	}
	return &input->bound;
}

struct symbol_provider *input_symbols(struct rule_input *input)
{
	return input->source->symbols ? input->source->symbols(input->source) : NULL;
}

struct scopes *input_scopes(struct rule_input *input, bool with_bindings)
{
	return input->source->scopes ? input->source->scopes(input->source, with_bindings) : NULL;
}

const struct interpositions *input_interpositions(struct rule_input *input)
{
	if (!input->interpositions_known) {
		input->interpositions_known = true;
		interpositions_build(input->rec, input_bound(input), input_symbols(input),
				     input_scopes(input, false), &input->interpositions);
	}
	return &input->interpositions;
}

const struct duplicates *input_duplicates(struct rule_input *input)
{
	if (!input->duplicates_known) {
		input->duplicates_known = true;
		duplicates_build(input->rec, input_bound(input), input_symbols(input),
				 &input->duplicates);
	}
	return &input->duplicates;
}

void input_file(struct rule_input *input, const char *path, bool build_id, struct file_facts *ret)
{
	*ret = (struct file_facts){0};
	if (input->source->file)
		input->source->file(input->source, path, build_id, ret);
}

bool input_file_is_recorded(struct rule_input *input, int object)
{
	const struct object *o = &input->rec->objects[object];
	struct file_facts now;

	if (!o->has_file)
		return false;
	input_file(input, o->real_path ? o->real_path : o->path, false, &now);
	return now.exists && now.dev == o->dev && now.ino == o->ino && now.size == o->file_size &&
	       now.mtime_ns == o->mtime_ns;
}

void add_objects(struct strbuf *sb, const struct recording *rec, const int *objects, size_t count,
		 size_t most)
{
	size_t shown = count <= most ? count : most;

	for (size_t i = 0; i < shown; i++) {
		if (i)
			strbuf_addstr(sb, i + 1 == count ? " and " : ", ");
		add_object(sb, rec, objects[i]);
	}
	if (shown < count)
		strbuf_addf(sb, " and %zu more", count - shown);
}
