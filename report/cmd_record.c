/* plugreport record: run a program with the recorder in it, then take in what it left. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/cmd.h"
#include "report/cmd_record.h"
#include "report/model/static_tls.h"
#include "report/render/words.h"

/* Exit statuses of shells and their like for programs that could not be executed. */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND      127

static char *own_directory(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (length <= 0)
		return xstrdup(".");
	path[length] = '\0';
	slash = strrchr(path, '/');
	return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

static char *find_module(void)
{
	AUTO_FREE char *directory = own_directory();
	char *module = module_find(directory);

	if (!module)
		die(EXIT_DATABASE,
		    "libplugaudit.so: not found beside plugreport (%s) nor in %s; is plugaudit "
		    "installed completely?",
		    directory, PLUGAUDIT_LIBDIR);
	if (strchr(module, ':'))
		die(EXIT_DATABASE,
		    "%s: LD_AUDIT can't hold a path with a colon; install plugaudit elsewhere",
		    module);
	return module;
}

/* The database to record into, checked before the program runs: afterwards is too late. */
static char *choose_database(const struct options *options)
{
	const char *wanted = options->output ? options->output : options->db;
	char *path = absolute_path(wanted);
	AUTO_FREE char *directory = NULL;
	struct stat st;

	if (!path)
		die(EXIT_DATABASE, "%s: %s", wanted, strerror(errno));
	directory = xstrndup(path, (size_t)(base_name(path) - path));
	if (access(directory, W_OK | X_OK) != 0)
		die(EXIT_DATABASE, "%s: can't record there: %s; choose another place with -o FILE",
		    path, strerror(errno));
	if (stat(path, &st) == 0 && st.st_size > 0) {
		struct store *store = store_open_read(path);

		if (!store)
			exit(EXIT_DATABASE);
		store_close(store);
	}
	return path;
}

static int failed_to_run(const char *name, int error)
{
	if (error == ENOENT) {
		warn("%s: %s", name, strchr(name, '/') ? strerror(error) : "command not found");
		return EXIT_NOT_FOUND;
	}
	warn("%s: can't be executed: %s", name, strerror(error));
	return EXIT_NOT_EXECUTABLE;
}

/* The rows of the run that process `pid` began, newest first looked for. */
static bool find_run(struct store *store, int pid, struct process_list *ret)
{
	struct process_filter filter = {.run = -1, .pid = pid};
	AUTO_PROCESSES struct process_list own = {0};

	*ret = (struct process_list){0};
	if (!store_processes(store, &filter, &own.rows, &own.count))
		return false;
	if (own.count == 0)
		return true;
	filter = (struct process_filter){.run = own.rows[own.count - 1].run};
	return store_processes(store, &filter, &ret->rows, &ret->count);
}

/* Processes that still run. */
struct running {
	struct running_process {
		char uuid[33], run_uuid[33];
	} * list;
	size_t count, room;
};

static void add_running(const char *uuid, const char *run_uuid, void *data)
{
	struct running *running = data;
	struct running_process *process;

	for (size_t i = 0; i < running->count; i++)
		if (strcmp(running->list[i].uuid, uuid) == 0)
			return;
	process = GROW(running->list, running->count, running->room);
	snprintf(process->uuid, sizeof(process->uuid), "%s", uuid);
	snprintf(process->run_uuid, sizeof(process->run_uuid), "%s", run_uuid);
}

struct run_count {
	const struct running *running;
	size_t count;
};

static bool count_run(const struct sql_value *values, size_t count, void *data)
{
	struct run_count *run = data;

	for (size_t i = 0; i < run->running->count && count && values[0].type == SQL_TEXT; i++)
		run->count += strcmp(run->running->list[i].run_uuid, values[0].bytes) == 0;
	return true;
}

/* How many processes of the run still run: another run may be recorded into the same database. */
static size_t count_running(struct store *store, int64_t run, const struct running *running)
{
	AUTO_FREE char *sql = xasprintf("SELECT uuid FROM run WHERE id = %" PRId64, run);
	struct run_count ret = {.running = running};

	return store_sql(store, sql, NULL, count_run, &ret) ? ret.count : 0;
}

/* Processes that still run, `running` of them, have not been taken in. */
static void print_summary(const char *database, const struct process_list *list, size_t running)
{
	uint64_t objects = 0, bindings = 0, lost = 0, missing = 0;
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	for (size_t i = 0; i < list->count; i++) {
		objects += list->rows[i].objects;
		bindings += list->rows[i].bindings;
		lost += list->rows[i].lost_events;
		missing += list->rows[i].missing_children;
	}
	strbuf_addstr(&line, "recorded ");
	add_count(&line, list->count, "process", "processes");
	strbuf_addstr(&line, ", ");
	add_count(&line, objects, "object", "objects");
	strbuf_addstr(&line, ", ");
	add_count(&line, bindings, "binding", "bindings");
	if (lost) {
		strbuf_addstr(&line, " (lost ");
		add_count(&line, lost, "event", "events");
		strbuf_addch(&line, ')');
	}
	strbuf_addf(&line, " in %s", database);
	if (running) {
		strbuf_addstr(&line, "; ");
		add_count(&line, running, "process that is not counted still runs",
			  "processes that are not counted still run");
	} else if (missing) {
		/* Just born, most likely: it has not begun to write. */
		strbuf_addstr(&line, "; ");
		add_count(&line, missing, "forked child that is not counted may still run",
			  "forked children that are not counted may still run");
	}
	warn("%s", line.s);
}

/* A program that could not even be started: say what may help. */
static void explain_start(struct store *store, const struct process_row *row, const char *database,
			  const char *name)
{
	AUTO_RECORDING struct recording rec;
	const char *missing;
	uint64_t size;
	int object;

	recording_init(&rec);
	if (!row || !store_load(store, row->id, &rec) || !recording_start_failed(&rec))
		return;
	missing = recording_missing_name(&rec);
	object = static_tls_find_start(&rec, &size);
	if (missing)
		warn("'%s' ended before it began: %s was not found; 'plugreport why-found %s -d "
		     "%s' tells where it was looked for",
		     name, missing, missing, database);
	else if (object != NONE)
		warn("'%s' ended before it began: recorded programs have little room for the "
		     "static TLS of %s; run it with GLIBC_TUNABLES="
		     "glibc.rtld.optional_static_tls=%" PRIu64,
		     name, object_name(&rec, object), static_tls_advice(size));
	else
		warn("'%s' ended before it began; the dynamic linker said why", name);
}

static const struct process_row *last_image(const struct process_list *list, int pid)
{
	for (size_t i = list->count; i-- > 0;)
		if (list->rows[i].pid == pid)
			return &list->rows[i];
	return NULL;
}

/* What happened, in a line.  `explained`: why nothing could be recorded was said before. */
static void report(const char *database, const char *name, int pid, int wait_status, bool quiet,
		   bool explained)
{
	struct running running = {0};
	struct ingest_options how = {.wait_pid = pid,
				     .wait_status = wait_status,
				     .left_running = add_running,
				     .left_running_data = &running};
	struct ingest_result result;
	AUTO_PROCESSES struct process_list list = {0};
	bool ok = store_ingest(database, &how, &result);
	struct store *store = ok && access(database, F_OK) == 0 ? store_open_read(database) : NULL;

	if (store)
		ok = find_run(store, pid, &list);
	if (ok && list.count && !quiet)
		print_summary(database, &list, count_running(store, list.rows[0].run, &running));
	else if (ok && !list.count && !explained)
		warn("nothing was recorded: '%s' did not load the recorder", name);
	if (ok && list.count && WIFEXITED(wait_status) &&
	    WEXITSTATUS(wait_status) == EXIT_NOT_FOUND)
		explain_start(store, last_image(&list, pid), database, name);
	store_close(store);
	free(running.list);
}

int cmd_record(struct context *context)
{
	const struct options *options = context->options;
	const char *name = context->operands[0];
	AUTO_FREE char *database = choose_database(options);
	AUTO_FREE char *module = find_module();
	AUTO_FREE char *name_for_all = module_for_all(module);
	AUTO_FREE char *audit = audit_list(name_for_all, getenv("LD_AUDIT"));
	AUTO_FREE char *program = program_find(name, getenv("PATH"));
	AUTO_FREE char **argv = xcalloc(context->operand_count + 1, sizeof(*argv));
	AUTO_STRBUF struct strbuf why = STRBUF_INIT;
	const struct setting environment[] = {
		{"LD_AUDIT", audit},
		{"PLUGAUDIT_DB", database},
		{"PLUGAUDIT_FLUSH", "off"},
	};
	int pid, wait_status;
	bool unrecordable;

	if (!program)
		return failed_to_run(name, errno);
	unrecordable = program_unrecordable(program, module, &why);
	if (unrecordable)
		warn("'%s' %s", name, why.s);
	memcpy(argv, context->operands, context->operand_count * sizeof(*argv));
	if (!program_run(program, argv, environment, ARRAY_SIZE(environment), &pid, &wait_status))
		return failed_to_run(name, errno);
	if (!options->no_ingest)
		report(database, name, pid, wait_status, options->quiet, unrecordable);
	return end_like(wait_status);
}
