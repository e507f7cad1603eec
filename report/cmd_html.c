/* plugreport html: everything that was recorded, as one page for the browser. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/cmd_diff.h"
#include "report/html/collect.h"
#include "report/html/page.h"
#include "report/html/static.h"
#include "report/render/words.h"

#define DEFAULT_OUTPUT "plugaudit.html"

extern char **environ;

/* One line on the terminal that replaces the one before; NULL: nothing is left of it. */
static void progress(const struct collect *collect, const char *what, size_t done, size_t of)
{
	if (!collect->progress)
		return;
	fputs("\r\033[K", stderr);
	if (what && of > 1)
		fprintf(stderr, "html: %s, process %zu of %zu", what, done + 1, of);
	else if (what)
		fprintf(stderr, "html: %s", what);
}

static void collect_init(struct collect *collect, struct context *context)
{
	*collect = (struct collect){
		.context = context,
		.page = page_data_new(),
		.findings_html = STRBUF_INIT,
		.progress = !context->options->quiet && isatty(STDERR_FILENO),
	};
	collect->document = render_document_new(collect->page);
	collect_processes_init(collect);
	collect_objects_init(collect);
	collect_events_init(collect);
	collect_bindings_init(collect);
	collect_scopes_init(collect);
	collect_findings_init(collect);
}

static void collect_release(struct collect *collect)
{
	progress(collect, NULL, 0, 0);
	render_finish(collect->document);
	process_list_release(&collect->list);
	page_data_free(collect->page);
	free(collect->symbol_rows);
	free(collect->bases);
	strbuf_release(&collect->findings_html);
}

/* What the newest run, or the first process of what was selected, is called. */
static void add_title(struct strbuf *sb, const struct process_list *list)
{
	add_argv(sb, list->rows[0].argv);
	if (!sb->length)
		add_name(sb, list->rows[0].exe);
}

static void collect_meta(struct collect *collect, const char *title)
{
	AUTO_STRBUF struct strbuf now = STRBUF_INIT;
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	add_date(&now, (uint64_t)time.tv_sec * 1000000000);
	page_meta_text(collect->page, "title", title);
	page_meta_text(collect->page, "written", now.s);
	page_meta_text(collect->page, "version", PLUGAUDIT_VERSION);
	page_meta_text(collect->page, "database", store_path(collect->context->store));
}

static bool collect_process(const struct show *show, void *data)
{
	struct collect *collect = data;
	size_t index = (size_t)(show->row - collect->list.rows);
	bool ok;

	progress(collect, "reading", index, collect->list.count);
	collect->show = show;
	collect->process = (int64_t)index;
	collect->base = (struct collect_bases){
		.object = (int64_t)page_rows(collect->objects),
		.search = (int64_t)page_rows(collect->searches),
		.call = (int64_t)page_rows(collect->calls),
		.stack = (int64_t)page_rows(collect->stacks),
	};
	collect->bases[index] = collect->base;
	collect_process_row(collect, show->row);
	collect_objects(collect);
	collect_events(collect);
	collect->kept = kept_bindings_new(show->rec);
	ok = collect_bindings(collect);
	progress(collect, "explaining", index, collect->list.count);
	ok = ok && collect_explanations(collect);
	kept_bindings_free(collect->kept);
	return ok;
}

/* Select the processes; what is missing from them is the page's first explanation. */
static int select_processes(struct collect *collect)
{
	static const struct document_subject about = {
		.kind = "losses", .title = "What is missing", .process = NONE};
	struct render *before = collect->context->render;
	int status;

	collect->context->render = collect->document;
	document_begin(collect->document, &about);
	status = context_processes(collect->context, &collect->list);
	document_end(collect->document);
	collect->context->render = before;
	return status;
}

/* What differs from the recording A. */
static void collect_diff(struct collect *collect)
{
	static const struct document_subject about = {
		.kind = "diff", .title = "What differs", .process = NONE};
	struct context context = *collect->context;

	context.render = collect->document;
	document_begin(collect->document, &about);
	cmd_diff(&context);
	take_remarks(collect, &context);
	document_end(collect->document);
}

static int collect_all(struct collect *collect, const char *title)
{
	collect_meta(collect, title);
	collect->bases = xcalloc(collect->list.count, sizeof(*collect->bases));
	if (!for_each_recording(collect->context, &collect->list, collect_process, collect))
		return EXIT_DATABASE;
	progress(collect, "checking", 0, 1);
	if (!collect_findings(collect))
		return EXIT_DATABASE;
	if (collect->context->options->diff) {
		progress(collect, "comparing", 0, 1);
		collect_diff(collect);
	}
	collect_report_sections(collect);
	return EXIT_OK;
}

/* What is shown without JavaScript. */
static void add_overview(struct collect *collect, struct strbuf *html)
{
	struct context *context = collect->context;
	struct render *before = context->render;

	strbuf_add(html, collect->findings_html.s, collect->findings_html.length);
	context->render = render_static_new(html);
	strbuf_addstr(html, "<h2>What was recorded</h2>\n");
	cmd_info(context);
	render_finish(context->render);
	context->render = render_static_new(html);
	strbuf_addstr(html, "<h2>Processes</h2>\n");
	cmd_processes(context);
	render_finish(context->render);
	context->render = before;
}

/*
 * Write beside `path` and rename: a page that is being looked at stays whole, and so does an old
 * one when the disk is full.  What is no regular file (a pipe, /dev/stdout) is written directly.
 */
static bool write_file(const char *path, const char *title, const char *overview,
		       const struct page_data *page)
{
	AUTO_FREE char *beside = xasprintf("%s.%d.tmp", path, (int)getpid());
	AUTO_FCLOSE FILE *out = NULL;
	struct stat st;
	bool direct = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
	const char *target = direct ? path : beside;
	bool written;

	out = fopen(target, "we");
	if (!out) {
		warn("%s: %s", path, strerror(errno));
		return false;
	}
	written = page_write(out, title, overview, page);
	if (!written || (!direct && rename(beside, path) < 0)) {
		warn("%s: %s", path, strerror(errno));
		if (!direct)
			unlink(beside);
		return false;
	}
	return true;
}

/* Start a program that shows the page, apart from this terminal; false when there is none. */
static bool start_viewer(const char *program, char *path)
{
	char *argv[] = {(char *)program, path, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid;
	int error;

	posix_spawn_file_actions_init(&actions);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	error = posix_spawnp(&pid, program, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error == 0;
}

static void open_page(struct context *context, const char *path)
{
	static const char *const programs[] = {"xdg-open", "sensible-browser", "open"};
	const char *browser = getenv("BROWSER");
	AUTO_FREE char *absolute = realpath(path, NULL);
	bool display = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");

	if (!absolute)
		return;
	if (browser && *browser && start_viewer(browser, absolute))
		return;
	for (size_t i = 0; display && i < ARRAY_SIZE(programs); i++)
		if (start_viewer(programs[i], absolute))
			return;
	context_remark(context, "no browser to open %s in; name one in $BROWSER", path);
}

static void tell(struct context *context, const char *path)
{
	AUTO_STRBUF struct strbuf name = STRBUF_INIT, size = STRBUF_INIT;
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	add_name(&name, path);
	add_size(&size, (uint64_t)st.st_size);
	render_value(context->render, "file", value_string(path));
	render_value(context->render, "bytes", value_integer(st.st_size));
	if (!context->options->quiet)
		render_line(context->render, "wrote %s (%s)", name.s, size.s);
}

static int write_page(struct collect *collect, const char *title)
{
	struct context *context = collect->context;
	const char *path = context->options->output ? context->options->output : DEFAULT_OUTPUT;
	AUTO_STRBUF struct strbuf overview = STRBUF_INIT;

	add_overview(collect, &overview);
	progress(collect, "writing", 0, 1);
	if (strcmp(path, "-") == 0)
		return page_write(stdout, title, overview.s, collect->page) ? EXIT_OK
									    : EXIT_DATABASE;
	if (!write_file(path, title, overview.s, collect->page))
		return EXIT_DATABASE;
	progress(collect, NULL, 0, 0);
	tell(context, path);
	if (context->options->open)
		open_page(context, path);
	return EXIT_OK;
}

static int write_report(struct context *context)
{
	AUTO_STRBUF struct strbuf title = STRBUF_INIT;
	struct collect collect;
	int status;

	context_open_database(context);
	collect_init(&collect, context);
	status = select_processes(&collect);
	if (status == EXIT_OK) {
		add_title(&title, &collect.list);
		status = collect_all(&collect, title.s);
	}
	if (status == EXIT_OK)
		status = write_page(&collect, title.s);
	collect_release(&collect);
	return status;
}

int cmd_html(struct context *context)
{
	const struct options *before = context->options;
	struct options of_b = *before;
	struct diff_side side = {0};
	int status;

	if (!before->diff && context->operand_count == 0)
		return write_report(context);
	if (!before->diff) {
		warn("html: '%s': only --diff takes recordings as operands; name the one to show "
		     "with -d",
		     context->operands[0]);
		return EXIT_USAGE;
	}
	if (context->operand_count != 2) {
		warn("html: --diff compares two recordings; name them, as FILE or FILE#RUN");
		return EXIT_USAGE;
	}
	if (diff_parse_side(&side, context->operands[1], before->run, before->db)) {
		of_b.db = side.path;
		of_b.run = side.run;
		context->options = &of_b;
		status = write_report(context);
		context->options = before;
	} else {
		status = EXIT_USAGE;
	}
	free(side.path);
	return status;
}
