#include "report/render/sarif.h"

#include <inttypes.h>
#include <unistd.h>

#include "report/elf/elf.h"
#include "report/render/words.h"
#include "report/store/index_table.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static void text_member(struct render *render, const char *key, const char *text)
{
	render_open(render, key, GROUP_OBJECT);
	render_value(render, "text", value_string(text));
	render_close(render);
}

/* RFC 3986: what is no unreserved character or slash is percent-encoded. */
static void add_uri(struct strbuf *sb, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";

	for (; *path; path++) {
		if (strchr(plain, *path))
			strbuf_addch(sb, *path);
		else
			strbuf_addf(sb, "%%%02X", (unsigned int)(unsigned char)*path);
	}
}

/* The part of `path` below the working directory, or NULL. */
static const char *below_here(const char *path)
{
	AUTO_FREE char *here = getcwd(NULL, 0);
	size_t length = here ? strlen(here) : 0;

	if (length > 1 && strncmp(path, here, length) == 0 && path[length] == '/' &&
	    path[length + 1])
		return path + length + 1;
	return NULL;
}

static void artifact(struct render *render, const char *path, int line)
{
	const char *below = *path == '/' ? below_here(path) : path;
	AUTO_STRBUF struct strbuf uri = STRBUF_INIT;

	if (!below)
		strbuf_addstr(&uri, "file://");
	add_uri(&uri, below ? below : path);
	render_open(render, "physicalLocation", GROUP_OBJECT);
	render_open(render, "artifactLocation", GROUP_OBJECT);
	render_value(render, "uri", value_string(uri.s));
	if (below)
		render_value(render, "uriBaseId", value_string("%SRCROOT%"));
	render_close(render);
	if (line > 0) {
		render_open(render, "region", GROUP_OBJECT);
		render_value(render, "startLine", value_integer(line));
		render_close(render);
	}
	render_close(render);
}

static void function_member(struct render *render, const char *function)
{
	AUTO_FREE char *readable = demangle(function);

	render_open(render, "logicalLocations", GROUP_ARRAY);
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "fullyQualifiedName", value_string(readable));
	render_value(render, "decoratedName", value_string(function));
	render_value(render, "kind", value_string("function"));
	render_close(render);
	render_close(render);
}

static void put_rule(struct render *render, const struct rule *rule)
{
	AUTO_FREE char *help = xasprintf("%s\n\nWhen it is reported: %s\n\nWhen it is harmless: "
					 "%s\n\nWhat to do: %s",
					 rule->meaning, rule->reported, rule->harmless, rule->fix);

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "id", value_string(rule->slug));
	text_member(render, "shortDescription", rule->summary);
	text_member(render, "fullDescription", rule->meaning);
	text_member(render, "help", help);
	render_open(render, "properties", GROUP_OBJECT);
	render_open(render, "tags", GROUP_ARRAY);
	render_value(render, NULL, value_string(rule->group));
	render_close(render);
	render_close(render);
	render_close(render);
}

void sarif_begin(struct render *render)
{
	render_value(render, "$schema", value_string(SCHEMA));
	render_value(render, "version", value_string("2.1.0"));
	render_open(render, "runs", GROUP_ARRAY);
	render_open(render, NULL, GROUP_OBJECT);
	render_open(render, "tool", GROUP_OBJECT);
	render_open(render, "driver", GROUP_OBJECT);
	render_value(render, "name", value_string("plugreport"));
	render_value(render, "semanticVersion", value_string(PLUGAUDIT_VERSION));
	render_open(render, "rules", GROUP_ARRAY);
	for (size_t i = 0; i < rule_count; i++)
		put_rule(render, rules[i]);
	render_close(render);
	render_close(render);
	render_close(render);
	render_value(render, "columnKind", value_string("utf16CodeUnits"));
	render_open(render, "results", GROUP_ARRAY);
}

/* The innermost frame with a source line of the first stack that has one. */
static const struct frame *source_frame(const struct recording *rec, const struct finding *finding)
{
	for (size_t i = 0; i < finding->evidence_count; i++) {
		size_t count;
		const struct frame *frames = stack_frames(rec, finding->evidence[i].stack, &count);

		for (size_t j = 0; j < count; j++)
			if (frames[j].file && *frames[j].file && frames[j].line > 0)
				return &frames[j];
	}
	return NULL;
}

static const char *file_of(const struct object *object)
{
	return object->real_path ? object->real_path : object->path;
}

static void put_location(struct render *render, const struct recording *rec,
			 const struct finding *finding, const char *exe)
{
	const struct frame *frame = source_frame(rec, finding);

	render_open(render, "locations", GROUP_ARRAY);
	render_open(render, NULL, GROUP_OBJECT);
	if (frame) {
		artifact(render, frame->file, frame->line);
		if (frame->function)
			function_member(render, frame->function);
	} else if (finding->object_count) {
		artifact(render, file_of(&rec->objects[finding->objects[0]]), 0);
	} else {
		artifact(render, exe ? exe : "unknown", 0);
	}
	render_close(render);
	render_close(render);
}

static void put_related(struct render *render, const struct recording *rec,
			const struct finding *finding)
{
	render_open(render, "relatedLocations", GROUP_ARRAY);
	for (size_t i = 0; i < finding->object_count; i++) {
		const struct object *object = &rec->objects[finding->objects[i]];
		AUTO_STRBUF struct strbuf name = STRBUF_INIT;

		add_object(&name, rec, finding->objects[i]);
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "id", value_integer((int64_t)i + 1));
		artifact(render, file_of(object), 0);
		text_member(render, "message", name.s);
		render_close(render);
	}
	render_close(render);
}

static void put_frame(struct render *render, const struct recording *rec, const struct frame *frame)
{
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;

	add_frame(&text, rec, frame, false);
	render_open(render, NULL, GROUP_OBJECT);
	render_open(render, "location", GROUP_OBJECT);
	if (frame->file && *frame->file)
		artifact(render, frame->file, frame->line);
	text_member(render, "message", text.s);
	render_close(render);
	if (has_object(rec, frame->object))
		render_value(render, "module", value_string(rec->objects[frame->object].path));
	render_close(render);
}

static void put_stacks(struct render *render, const struct recording *rec,
		       const struct finding *finding)
{
	render_open(render, "stacks", GROUP_ARRAY);
	for (size_t i = 0; i < finding->evidence_count; i++) {
		const struct evidence *evidence = &finding->evidence[i];
		size_t count;
		const struct frame *frames = stack_frames(rec, evidence->stack, &count);
		bool again = false;

		/* The standard wants each stack once. */
		for (size_t j = 0; j < i && !again; j++)
			again = finding->evidence[j].stack == evidence->stack;
		if (!count || again)
			continue;
		render_open(render, NULL, GROUP_OBJECT);
		text_member(render, "message", evidence->text);
		render_open(render, "frames", GROUP_ARRAY);
		for (size_t j = 0; j < count; j++)
			put_frame(render, rec, &frames[j]);
		render_close(render);
		render_close(render);
	}
	render_close(render);
}

/* Message, and what it rests on, in one text: viewers show little else. */
static void put_message(struct render *render, const struct finding *finding)
{
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s.\n", finding->message);
	for (size_t i = 0; i < finding->evidence_count; i++)
		strbuf_addf(&text, "- %s\n", finding->evidence[i].text);
	strbuf_addf(&text, "To do: %s.", finding->advice);
	text_member(render, "message", text.s);
}

/* Stays the same when the same trouble is found again elsewhere: rule, file names, symbols. */
static void put_fingerprint(struct render *render, const struct recording *rec,
			    const struct finding *finding)
{
	uint64_t hash = hash_string(0, finding->rule->slug);
	char hex[20];

	for (size_t i = 0; i < finding->object_count; i++)
		hash = hash_string(hash, base_name(rec->objects[finding->objects[i]].path));
	for (size_t i = 0; i < finding->symbol_count; i++)
		hash = hash_string(hash, finding->symbols[i]);
	snprintf(hex, sizeof(hex), "%016" PRIx64, hash);
	render_open(render, "partialFingerprints", GROUP_OBJECT);
	render_value(render, "ruleObjectsSymbols/v1", value_string(hex));
	render_close(render);
}

static void put_properties(struct render *render, const struct recording *rec,
			   const struct finding *finding)
{
	render_open(render, "properties", GROUP_OBJECT);
	render_open(render, "objects", GROUP_ARRAY);
	for (size_t i = 0; i < finding->object_count; i++)
		render_value(render, NULL, value_string(rec->objects[finding->objects[i]].path));
	render_close(render);
	render_open(render, "symbols", GROUP_ARRAY);
	for (size_t i = 0; i < finding->symbol_count; i++)
		render_value(render, NULL, value_string(finding->symbols[i]));
	render_close(render);
	render_value(render, "advice", value_string(finding->advice));
	render_close(render);
}

void sarif_result(struct render *render, const struct recording *rec, const struct finding *finding,
		  const char *exe, const char *suppressed)
{
	size_t index = 0;

	while (index < rule_count && rules[index] != finding->rule)
		index++;
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "ruleId", value_string(finding->rule->slug));
	render_value(render, "ruleIndex", value_integer((int64_t)index));
	render_value(render, "level", value_string(severity_name(finding->severity)));
	put_message(render, finding);
	put_location(render, rec, finding, exe);
	put_related(render, rec, finding);
	put_stacks(render, rec, finding);
	put_fingerprint(render, rec, finding);
	put_properties(render, rec, finding);
	render_open(render, "suppressions", GROUP_ARRAY);
	if (suppressed) {
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "kind", value_string("external"));
		render_value(render, "justification", value_string(suppressed));
		render_close(render);
	}
	render_close(render);
	render_close(render);
}

void sarif_results_end(struct render *render)
{
	render_close(render); /* results */
	render_open(render, "invocations", GROUP_ARRAY);
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "executionSuccessful", value_bool(true));
	render_open(render, "toolExecutionNotifications", GROUP_ARRAY);
}

void sarif_notification(struct render *render, const char *text)
{
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "level", value_string("warning"));
	text_member(render, "message", text);
	render_close(render);
}

void sarif_end(struct render *render)
{
	render_close(render); /* toolExecutionNotifications */
	render_close(render);
	render_close(render); /* invocations */
	render_close(render); /* run */
	render_close(render); /* runs */
}
