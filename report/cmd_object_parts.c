/* plugreport object: what the object's headers say. */
#include <elf.h>
#include <inttypes.h>

#include "report/cmd_object.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

static const struct column segment_columns[] = {
	{"type", "TYPE", 0},
	{"permissions", "PERM", 0},
	{"address", "ADDRESS", COLUMN_RIGHT},
	{"size", "SIZE", COLUMN_RIGHT},
	{"offset", "IN THE FILE AT", COLUMN_RIGHT | COLUMN_SPARE},
};

void object_show_segments(const struct object_facts *facts)
{
	const struct object *object = facts->object;
	struct render *render = facts->show->render;

	object_part(facts, "Segments", "recorded");
	render_table(render, "segments", segment_columns, ARRAY_SIZE(segment_columns));
	for (size_t i = 0; i < object->segment_count; i++) {
		const struct segment *segment = &object->segments[i];
		const char *word = elf_segment_word(segment->type);
		AUTO_STRBUF struct strbuf type = STRBUF_INIT, flags = STRBUF_INIT;
		AUTO_STRBUF struct strbuf size = STRBUF_INIT, offset = STRBUF_INIT;

		if (word)
			strbuf_addstr(&type, word);
		else
			strbuf_addf(&type, "0x%" PRIx32, segment->type);
		elf_add_segment_flags(&flags, segment->flags);
		strbuf_addf(&size, "0x%" PRIx64, segment->memsz);
		strbuf_addf(&offset, "0x%" PRIx64, segment->offset);
		const struct value values[ARRAY_SIZE(segment_columns)] = {
			value_string(type.s),
			value_string(flags.s),
			segment->memsz ? value_address(object->load_address + segment->vaddr)
				       : value_none(),
			value_shown(value_integer((int64_t)segment->memsz), size.s),
			value_shown(value_integer((int64_t)segment->offset), offset.s),
		};
		render_row(render, values);
	}
	render_table_close(render);
}

static const struct column needed_columns[] = {
	{"name", "NAME", COLUMN_WRAP},
	{"path", NULL, 0},
	{NULL, "CAME TO", COLUMN_WRAP},
	{"how", "HOW", COLUMN_WRAP},
};

/* The search that was made for this DT_NEEDED of the object, or NONE. */
static int needed_request(const struct recording *rec, int object, const char *name)
{
	for (size_t i = 0; i < rec->search_count; i++)
		if (rec->searches[i].origin == ORIGIN_NAME &&
		    rec->searches[i].requester == object &&
		    strcmp(rec->searches[i].tried, name) == 0)
			return (int)i;
	return NONE;
}

static void add_how(struct strbuf *sb, const struct recording *rec, int request, int resolved)
{
	const struct search *search = request == NONE ? NULL : &rec->searches[request];
	struct why_found found;

	if (!search || search->outcome == OUTCOME_ALREADY_LOADED) {
		strbuf_addstr(sb, resolved == NONE ? "" : "it was there");
		return;
	}
	if (search->result == NONE && resolved == NONE) {
		strbuf_addstr(sb, "not found, or not usable");
		return;
	}
	why_found_build(rec, request, &found);
	add_found_by(sb, rec, &found);
	why_found_release(&found);
}

void object_show_needed(const struct object_facts *facts)
{
	const struct recording *rec = facts->show->rec;
	const struct object *object = facts->object;
	struct render *render = facts->show->render;

	if (object->needed_count)
		object_part(facts, "Needs", "recorded; what it came to is inferred");
	render_table(render, "needed", needed_columns, ARRAY_SIZE(needed_columns));
	for (size_t i = 0; i < object->needed_count; i++) {
		const struct needed *needed = &object->needed[i];
		int request = needed_request(rec, facts->index, needed->name);
		int resolved = has_object(rec, needed->resolved) ? needed->resolved : NONE;
		AUTO_STRBUF struct strbuf how = STRBUF_INIT, to = STRBUF_INIT;

		add_how(&how, rec, request, resolved);
		if (resolved != NONE)
			add_object(&to, rec, resolved);
		const struct value values[ARRAY_SIZE(needed_columns)] = {
			value_string(needed->name),
			value_string(resolved == NONE ? NULL : rec->objects[resolved].path),
			value_styled(value_string(resolved == NONE ? "nothing" : to.s),
				     resolved == NONE ? STYLE_BAD : STYLE_PLAIN),
			value_string(how.s),
		};
		render_row(render, values);
	}
	render_table_close(render);
}

static const struct column dynamic_columns[] = {
	{"tag", "TAG", 0},
	{"value", NULL, 0},
	{"text", "VALUE", COLUMN_WRAP},
};

static void add_dynamic_text(struct strbuf *sb, const struct elf_dynamic *entry)
{
	switch (entry->tag) {
	case DT_FLAGS:
		elf_add_flags(sb, entry->value);
		break;
	case DT_FLAGS_1:
		elf_add_flags_1(sb, entry->value);
		break;
	case DT_PLTREL:
		strbuf_addstr(sb, entry->value == DT_RELA ? "RELA" : "REL");
		break;
	case DT_PLTRELSZ:
	case DT_RELASZ:
	case DT_RELSZ:
	case DT_STRSZ:
	case DT_INIT_ARRAYSZ:
	case DT_FINI_ARRAYSZ:
	case DT_PREINIT_ARRAYSZ:
	case 35: /* DT_RELRSZ */
		add_size(sb, entry->value);
		break;
	case DT_RELAENT:
	case DT_RELENT:
	case DT_SYMENT:
	case 37: /* DT_RELRENT */
	case DT_VERDEFNUM:
	case DT_VERNEEDNUM:
	case DT_RELACOUNT:
	case DT_RELCOUNT:
		strbuf_addf(sb, "%" PRIu64, entry->value);
		break;
	default:
		if (entry->string)
			add_name(sb, entry->string);
		else
			strbuf_addf(sb, "0x%" PRIx64, entry->value);
		break;
	}
}

/* The recording has these of the dynamic section; the rest is in the file. */
static void show_recorded_dynamic(const struct object_facts *facts)
{
	const struct object *object = facts->object;
	struct render *render = facts->show->render;
	AUTO_STRBUF struct strbuf flags = STRBUF_INIT, flags_1 = STRBUF_INIT;

	elf_add_flags(&flags, object->flags);
	elf_add_flags_1(&flags_1, object->flags_1);
	render_fact(render, "rpath", "DT_RPATH", value_string(object->rpath));
	render_fact(render, "runpath", "DT_RUNPATH", value_string(object->runpath));
	render_fact(render, "flags", object->flags ? "DT_FLAGS" : NULL,
		    value_shown(value_integer((int64_t)object->flags), flags.s));
	render_fact(render, "flags_1", object->flags_1 ? "DT_FLAGS_1" : NULL,
		    value_shown(value_integer((int64_t)object->flags_1), flags_1.s));
}

void object_show_dynamic(const struct object_facts *facts)
{
	struct render *render = facts->show->render;

	if (!render->is_text || !facts->has_record) {
		object_part(facts, "Dynamic section", "recorded");
		show_recorded_dynamic(facts);
	}
	if (!facts->has_record)
		return;
	object_part(facts, "Dynamic section", "from the file");
	render_table(render, "dynamic", dynamic_columns, ARRAY_SIZE(dynamic_columns));
	for (size_t i = 0; i < facts->record.dynamic_count; i++) {
		const struct elf_dynamic *entry = &facts->record.dynamic[i];
		const char *word = elf_tag_word(entry->tag);
		AUTO_STRBUF struct strbuf tag = STRBUF_INIT, text = STRBUF_INIT;

		if (word)
			strbuf_addstr(&tag, word);
		else
			strbuf_addf(&tag, "0x%" PRIx64, (uint64_t)entry->tag);
		add_dynamic_text(&text, entry);
		const struct value values[ARRAY_SIZE(dynamic_columns)] = {
			value_string(tag.s),
			value_address(entry->value),
			value_string(text.s),
		};
		render_row(render, values);
	}
	render_table_close(render);
}

static const struct column version_columns[] = {
	{"file", "OF", COLUMN_WRAP},
	{"version", "VERSION", COLUMN_WRAP},
	{"symbols", "SYMBOLS", COLUMN_RIGHT},
	{"parent", NULL, 0},
	{"weak", NULL, 0},
	{"base", NULL, 0},
	{NULL, "", COLUMN_WRAP},
};

static void version_row(struct render *render, const struct elf_version *version)
{
	AUTO_STRBUF struct strbuf note = STRBUF_INIT;

	if (version->parent) {
		strbuf_addstr(&note, "continues ");
		add_name(&note, version->parent);
	} else if (version->weak) {
		strbuf_addstr(&note, "weak: ld.so does not insist");
	}
	const struct value values[ARRAY_SIZE(version_columns)] = {
		value_string(version->file),   value_string(version->name),
		value_count(version->symbols), value_string(version->parent),
		value_bool(version->weak),     value_bool(version->base),
		value_string(note.s),
	};
	render_row(render, values);
}

/* Versions with symbols of their own first, then the rest: glibc has many that are empty. */
static void show_versions(const struct object_facts *facts, bool wanted, const char *key,
			  const char *title)
{
	struct render *render = facts->show->render;
	struct column columns[ARRAY_SIZE(version_columns)];
	size_t count = 0, shown = 0, most;

	for (size_t i = 0; i < facts->record.version_count; i++) {
		const struct elf_version *version = &facts->record.versions[i];

		count += (version->file != NULL) == wanted && !version->base;
	}
	memcpy(columns, version_columns, sizeof(columns));
	if (!wanted)
		columns[0].title = NULL;
	if (count)
		object_part(facts, title, "from the file");
	most = object_rows(facts, count);
	render_table(render, key, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < facts->record.version_count && shown < most; i++) {
		const struct elf_version *version = &facts->record.versions[i];

		if ((version->file != NULL) != wanted || version->base)
			continue;
		version_row(render, version);
		shown++;
	}
	render_table_close(render);
	object_more(facts, count, most);
}

void object_show_versions(const struct object_facts *facts)
{
	if (!facts->has_record)
		return;
	show_versions(facts, false, "versions_defined", "Versions that it defines");
	show_versions(facts, true, "versions_wanted", "Versions that it wants");
}

static void add_part_count(struct strbuf *sb, uint64_t count, const char *one, const char *many)
{
	if (!count)
		return;
	strbuf_addstr(sb, sb->length ? ", " : "");
	add_count(sb, count, one, many);
}

void object_show_symbols(const struct object_facts *facts)
{
	const struct elf_symbol_counts *counts = &facts->record.symbols;
	struct render *render = facts->show->render;
	AUTO_STRBUF struct strbuf exports = STRBUF_INIT, types = STRBUF_INIT, ways = STRBUF_INIT;
	AUTO_STRBUF struct strbuf wanted = STRBUF_INIT;

	if (!facts->has_record)
		return;
	object_part(facts, "Symbols", "from the file");
	add_part_count(&types, counts->functions, "function", "functions");
	add_part_count(&types, counts->data, "data", "data");
	add_part_count(&types, counts->tls, "thread-local", "thread-local");
	add_part_count(&types, counts->ifuncs, "IFUNC", "IFUNCs");
	add_part_count(&types, counts->other, "other", "other");
	add_part_count(&ways, counts->weak, "weak", "weak");
	add_part_count(&ways, counts->unique, "unique", "unique");
	add_part_count(&ways, counts->is_protected, "protected", "protected");
	add_number(&exports, counts->exports);
	if (types.length)
		strbuf_addf(&exports, ": %s", types.s);
	if (ways.length)
		strbuf_addf(&exports, "; %s", ways.s);
	add_number(&wanted, counts->wanted);
	if (counts->wanted_weak) {
		strbuf_addstr(&wanted, ", of which weak: ");
		add_number(&wanted, counts->wanted_weak);
	}
	render_fact(render, "exports", "exports",
		    value_shown(value_integer((int64_t)counts->exports), exports.s));
	render_fact(render, "exports_weak", NULL, value_integer((int64_t)counts->weak));
	render_fact(render, "exports_unique", NULL, value_integer((int64_t)counts->unique));
	render_fact(render, "exports_protected", NULL,
		    value_integer((int64_t)counts->is_protected));
	render_fact(render, "wanted", "wants",
		    value_shown(value_integer((int64_t)counts->wanted), wanted.s));
	render_fact(render, "wanted_weak", NULL, value_integer((int64_t)counts->wanted_weak));
	render_fact(render, "hidden", facts->record.has_symtab ? "hidden inside" : NULL,
		    facts->record.has_symtab ? value_count(facts->record.hidden) : value_none());
}
