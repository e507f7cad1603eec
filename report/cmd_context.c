/* What commands share: how answers look, the database behind them, the processes selected. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "audit/spool.h"
#include "report/cmd.h"
#include "report/render/words.h"
#include "report/store/schema.h"

#define PIDS_SHOWN 12 /* of those that have an answer in common, without --all */

static size_t terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long width = columns ? strtol(columns, NULL, 10) : 0;

	if (width <= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	/* Tables are indented by two; on a narrow terminal better broken by it than unreadable. */
	return width < 40 ? 80 : (size_t)width - 2;
}

struct render *context_render(const struct context *context)
{
	const struct options *options = context->options;
	struct render_look look = {0};
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = isatty(fileno(context->out));

	if (options->sarif)
		return render_json_bare_new(context->out);
	if (options->json)
		return render_json_new(context->out, context->command->name);
	if (terminal) {
		look.color = !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
		look.glyphs = context->unicode;
		look.width = terminal_width(fileno(context->out));
	}
	if (options->color != COLOR_AUTO)
		look.color = options->color == COLOR_ALWAYS;
	return render_text_new(context->out, &look);
}

void context_remark(struct context *context, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		die(EXIT_DATABASE, "out of memory");
	va_end(args);
	for (size_t i = 0; i < context->remark_count; i++)
		if (strcmp(context->remarks[i], text) == 0) {
			free(text);
			return;
		}
	*GROW(context->remarks, context->remark_count, context->remark_room) = text;
}

void context_say_remarks(struct context *context)
{
	for (size_t i = 0; i < context->remark_count; i++) {
		warn("%s", context->remarks[i]);
		free(context->remarks[i]);
	}
	free(context->remarks);
	context->remarks = NULL;
	context->remark_count = context->remark_room = 0;
}

/*
 * Does the file begin as our databases do?  Asked only when it could not be written, and that was
 * said already: what is no database of ours needs no second message.
 */
static bool looks_like_ours(const char *path)
{
	unsigned char header[100];
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	const unsigned char *id = header + 68; /* application_id, big endian */

	if (!file || fread(header, 1, sizeof(header), file) != sizeof(header))
		return false;
	return memcmp(header, "SQLite format 3", 16) == 0 &&
	       ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3]) ==
		       STORE_APPLICATION_ID;
}

struct store *open_database(const char *path)
{
	bool left_over = store_has_spools(path);
	struct store *store;

	if (left_over) {
		struct ingest_options options = {.live = true};
		struct ingest_result result;

		if (!store_ingest(path, &options, &result) && access(path, F_OK) == 0) {
			if (!looks_like_ours(path))
				exit(EXIT_DATABASE);
			warn("new spools beside '%s' can't be taken in: answering from what the "
			     "database has",
			     path);
		}
	}
	if (access(path, F_OK) != 0) {
		if (errno != ENOENT)
			die(EXIT_DATABASE, "%s: %s", path, strerror(errno));
		if (left_over)
			die(EXIT_DATABASE,
			    "%s: there are spools, but no database could be made "
			    "of them",
			    path);
		die(EXIT_DATABASE,
		    "%s: there is no recording; make one with 'plugreport record -- COMMAND' or "
		    "'LD_AUDIT=libplugaudit.so COMMAND', or name one with -d",
		    path);
	}
	store = store_open_read(path);
	if (!store)
		exit(EXIT_DATABASE);
	return store;
}

void context_open_database(struct context *context)
{
	context->store = open_database(context->options->db);
}

void process_list_release(struct process_list *list)
{
	process_rows_free(list->rows, list->count);
	*list = (struct process_list){0};
}

void process_list_keep(struct process_list *list, const char *exe)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (path_matches(list->rows[i].exe, exe))
			list->rows[kept++] = list->rows[i];
		else
			process_row_release(&list->rows[i]);
	}
	list->count = kept;
}

int context_processes(struct context *context, struct process_list *ret)
{
	const struct options *options = context->options;
	struct process_filter filter = {
		.run = options->run   ? options->run
		       : options->all ? -1
				      : 0,
		.pid = (int)options->pid,
	};

	*ret = (struct process_list){0};
	if (!store_processes(context->store, &filter, &ret->rows, &ret->count))
		return EXIT_DATABASE;
	if (options->exe)
		process_list_keep(ret, options->exe);
	if (ret->count) {
		if (!context->foreign)
			show_losses(context->render, ret->rows, ret->count);
		return EXIT_OK;
	}
	if (options->exe)
		context_remark(context, "no process of '%s'; see 'plugreport processes'",
			       options->exe);
	else if (options->pid)
		context_remark(context,
			       "no process %" PRId64 " in %s; see 'plugreport processes --all'",
			       options->pid,
			       options->run   ? "that run"
			       : options->all ? "this database"
					      : "the newest run");
	else if (options->run)
		context_remark(context,
			       "no run %" PRId64 " in this database; see 'plugreport info'",
			       options->run);
	else
		context_remark(context, "the database is empty: nothing was recorded");
	return EXIT_FOUND;
}

bool context_load(struct context *context, const struct process_row *row, struct recording *ret)
{
	if (!store_load(context->store, row->id, ret))
		return false;
	name_objects(ret);
	return true;
}

bool for_each_recording(struct context *context, const struct process_list *list,
			bool (*each)(const struct show *show, void *data), void *data)
{
	for (size_t i = 0; i < list->count; i++) {
		AUTO_RECORDING struct recording rec;
		bool failed = false;
		struct show show = {.render = context->render,
				    .options = context->options,
				    .rec = &rec,
				    .with_pid = list->count > 1,
				    .row = &list->rows[i],
				    .store = context->store,
				    .ret_failed = &failed};

		recording_init(&rec);
		if (!context_load(context, &list->rows[i], &rec) || !each(&show, data) || failed)
			return false;
	}
	return true;
}

struct process_walk {
	void (*each)(const struct show *show);
	bool named, begun;
};

static bool show_process(const struct show *show, void *data)
{
	struct process_walk *walk = data;
	AUTO_STRBUF struct strbuf name = STRBUF_INIT;

	add_process_name(&name, show->row);
	if (walk->begun)
		render_blank(show->render);
	walk->begun = true;
	if (walk->named || show->with_pid)
		render_line(show->render, MARK_BOLD "process %s" MARK_END, name.s);
	render_open(show->render, NULL, GROUP_OBJECT);
	render_value(show->render, "pid", value_integer(show->rec->pid));
	render_value(show->render, "process", value_integer(show->rec->process_id));
	walk->each(show);
	render_close(show->render);
	return true;
}

int show_processes(struct context *context, void (*each)(const struct show *show), bool named,
		   const char *note)
{
	AUTO_PROCESSES struct process_list list;
	struct process_walk walk = {.each = each, .named = named};
	int status = context_processes(context, &list);
	bool ok;

	if (status != EXIT_OK)
		return status;
	render_open(context->render, "processes", GROUP_ARRAY);
	ok = for_each_recording(context, &list, show_process, &walk);
	render_close(context->render);
	render_line(context->render, MARK_DIM "%s" MARK_END, note);
	return ok ? EXIT_OK : EXIT_DATABASE;
}

void add_argv(struct strbuf *sb, const char *json)
{
	json_t *array = json ? json_loads(json, JSON_ALLOW_NUL, NULL) : NULL;
	json_t *element;
	size_t i;

	json_array_foreach(array, i, element)
	{
		const char *word = json_string_value(element);
		size_t length = json_string_length(element);

		if (!word)
			continue;
		if (i)
			strbuf_addch(sb, ' ');
		if (length && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_-+=./:,@%^") == length) {
			strbuf_addstr(sb, word);
			continue;
		}
		strbuf_addch(sb, '\'');
		for (const char *p = word; p < word + length; p++) {
			const char *quote = memchr(p, '\'', (size_t)(word + length - p));
			const char *end = quote ? quote : word + length;

			strbuf_add_escaped(sb, p, (size_t)(end - p));
			if (quote)
				strbuf_addstr(sb, "'\\''");
			p = end;
		}
		strbuf_addch(sb, '\'');
	}
	json_decref(array);
}

void add_process_name(struct strbuf *sb, const struct process_row *row)
{
	strbuf_addf(sb, "%d", row->pid);
	if (row->exe) {
		strbuf_addstr(sb, " (");
		add_name(sb, base_name(row->exe));
		strbuf_addch(sb, ')');
	}
}

static void add_reasons(struct strbuf *sb, uint32_t reason)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} words[] = {
		{SPOOL_LOST_NO_SPACE, "no space"},
		{SPOOL_LOST_NO_MEMORY, "no memory"},
		{SPOOL_LOST_STACKS, "stacks skipped"},
		{SPOOL_LOST_TAPS, "too many dlopen functions"},
		{SPOOL_LOST_SANDBOX, "no more room once in a sandbox"},
	};
	const char *separator = " (";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!(reason & words[i].bit))
			continue;
		strbuf_addf(sb, "%s%s", separator, words[i].word);
		separator = ", ";
	}
	if (*separator == ',')
		strbuf_addch(sb, ')');
}

static void loss_to_json(struct render *render, const struct process_row *row)
{
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "pid", value_integer(row->pid));
	render_value(render, "process", value_integer(row->id));
	render_value(render, "lost_events", value_integer((int64_t)row->lost_events));
	render_value(render, "lost_stacks", value_integer((int64_t)row->lost_stacks));
	render_value(render, "lost_reason", value_integer(row->lost_reason));
	render_value(render, "damaged_at",
		     row->damaged_at ? value_integer((int64_t)row->damaged_at) : value_none());
	render_close(render);
}

bool add_loss(struct strbuf *sb, const struct process_row *row)
{
	if (!row->lost_events && !row->lost_stacks && !row->damaged_at)
		return false;
	strbuf_addstr(sb, "process ");
	add_process_name(sb, row);
	if (row->lost_events) {
		strbuf_addstr(sb, " lost ");
		add_count(sb, row->lost_events, "event", "events");
	} else if (row->damaged_at) {
		strbuf_addf(sb, " has a spool damaged from byte %" PRIu64 " on", row->damaged_at);
	} else {
		strbuf_addstr(sb, " lost ");
		add_count(sb, row->lost_stacks, "call stack", "call stacks");
	}
	add_reasons(sb, row->lost_reason);
	return true;
}

void show_losses(struct render *render, const struct process_row *rows, size_t count)
{
	size_t lossy = 0, running = 0;

	render_open(render, "losses", GROUP_ARRAY);
	for (size_t i = 0; i < count; i++) {
		const struct process_row *row = &rows[i];
		AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

		if (strcmp(row->end_kind, "running") == 0)
			running++;
		if (!add_loss(&sb, row))
			continue;
		if (!render->is_text)
			loss_to_json(render, row);
		else if (lossy++ < 10)
			render_line(render,
				    MARK_WARN "! %s: what follows may be incomplete" MARK_END,
				    sb.s);
	}
	render_close(render);
	if (lossy > 10)
		render_line(render,
			    MARK_WARN "! and %zu more processes; see 'plugreport info'" MARK_END,
			    lossy - 10);
	if (running)
		render_line(render,
			    MARK_DIM "%zu of the %zu processes still %s: recorded so far" MARK_END,
			    running, count, running == 1 ? "runs" : "run");
	if (lossy || running)
		render_blank(render);
}

void add_pids(struct strbuf *sb, const struct same_processes *same, size_t first, bool all)
{
	for (size_t i = first; i < same->count; i++) {
		if (!all && i == first + PIDS_SHOWN) {
			strbuf_addstr(sb, ", ...");
			break;
		}
		strbuf_addf(sb, "%s%d", i == first ? "" : ", ", same->rows[same->indexes[i]].pid);
	}
}

void add_same_processes(struct strbuf *sb, const struct same_processes *same, bool all)
{
	strbuf_addstr(sb, "process ");
	add_process_name(sb, &same->rows[same->indexes[0]]);
	if (same->count == 1)
		return;
	strbuf_addf(sb, ", and the same in %zu other%s (", same->count - 1,
		    same->count == 2 ? "" : "s");
	add_pids(sb, same, 1, all);
	strbuf_addch(sb, ')');
}

void same_processes_to_json(struct render *render, const struct same_processes *same)
{
	if (render->is_text)
		return;
	for (size_t i = 0; i < same->count; i++) {
		const struct process_row *row = &same->rows[same->indexes[i]];

		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "pid", value_integer(row->pid));
		render_value(render, "process", value_integer(row->id));
		render_value(render, "run", value_integer(row->run));
		render_close(render);
	}
}
