#include "report/render/words.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "audit/spool.h"
#include "report/elf/elf.h"

void add_name(struct strbuf *sb, const char *name)
{
	if (name)
		strbuf_add_escaped(sb, name, strlen(name));
}

void add_time(struct strbuf *sb, uint64_t ns)
{
	double ms = (double)ns / 1e6;

	if (ms < 10)
		strbuf_addf(sb, "%.2f ms", ms);
	else if (ms < 1000)
		strbuf_addf(sb, "%.1f ms", ms);
	else if (ms < 100000)
		strbuf_addf(sb, "%.2f s", ms / 1000);
	else
		strbuf_addf(sb, "%.0f s", ms / 1000);
}

void add_date(struct strbuf *sb, uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000);
	char text[64];
	struct tm tm;

	if (localtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		strbuf_addstr(sb, text);
	else
		strbuf_addf(sb, "%" PRIu64 " s after 1970", (uint64_t)seconds);
}

void add_number(struct strbuf *sb, uint64_t number)
{
	char digits[32];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			strbuf_addch(sb, ',');
		strbuf_addch(sb, digits[i]);
	}
}

void add_count(struct strbuf *sb, uint64_t count, const char *one, const char *many)
{
	add_number(sb, count);
	strbuf_addf(sb, " %s", count == 1 ? one : many);
}

void add_size(struct strbuf *sb, uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double size = (double)bytes;
	size_t unit = 0;

	if (bytes < 1024) {
		add_count(sb, bytes, "byte", "bytes");
		return;
	}
	for (size /= 1024; size >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		size /= 1024;
	strbuf_addf(sb, "%.1f %s", size, units[unit]);
}

void add_process(struct strbuf *sb, const struct recording *rec)
{
	strbuf_addf(sb, "%d", rec->pid);
	if (rec->exe) {
		strbuf_addch(sb, ' ');
		add_name(sb, base_name(rec->exe));
	}
}

void add_object(struct strbuf *sb, const struct recording *rec, int object)
{
	if (!has_object(rec, object)) {
		strbuf_addstr(sb, "an unknown object");
		return;
	}
	add_name(sb, object_name(rec, object));
	add_namespace(sb, rec, object);
}

void add_namespace(struct strbuf *sb, const struct recording *rec, int object)
{
	if (has_object(rec, object) && rec->objects[object].name_space != 0)
		strbuf_addf(sb, " (namespace %d)", (int)rec->objects[object].name_space);
}

void add_symbol(struct strbuf *sb, const char *symbol, bool no_demangle)
{
	AUTO_FREE char *readable = no_demangle || !symbol ? NULL : demangle(symbol);

	add_name(sb, readable ? readable : symbol);
}

void add_dlopen_flags(struct strbuf *sb, uint32_t flags)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{RTLD_LAZY, "RTLD_LAZY"},     {RTLD_NOW, "RTLD_NOW"},
		{RTLD_NOLOAD, "RTLD_NOLOAD"}, {RTLD_DEEPBIND, "RTLD_DEEPBIND"},
		{RTLD_GLOBAL, "RTLD_GLOBAL"}, {RTLD_NODELETE, "RTLD_NODELETE"},
	};
	const char *separator = "";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(flags & names[i].bit))
			continue;
		strbuf_addf(sb, "%s%s", separator, names[i].name);
		separator = "|";
		flags &= ~names[i].bit;
	}
	if (flags || !*separator)
		strbuf_addf(sb, "%s%s%" PRIx32, separator, flags ? "0x" : "", flags);
}

static void add_handle(struct strbuf *sb, const struct recording *rec, const struct call *call)
{
	int object;

	if (call->kind != CALL_DLCLOSE && call->handle == (uint64_t)(uintptr_t)RTLD_DEFAULT) {
		strbuf_addstr(sb, "RTLD_DEFAULT");
		return;
	}
	if (call->kind != CALL_DLCLOSE && call->handle == (uint64_t)(intptr_t)RTLD_NEXT) {
		strbuf_addstr(sb, "RTLD_NEXT");
		return;
	}
	object = recording_object_by_link_map(rec, call->handle, call->seq);
	if (object != NONE)
		add_object(sb, rec, object);
	else
		strbuf_addf(sb, "0x%" PRIx64, call->handle);
}

static void add_quoted(struct strbuf *sb, const char *name)
{
	if (!name) {
		strbuf_addstr(sb, "NULL");
		return;
	}
	strbuf_addch(sb, '"');
	add_name(sb, name);
	strbuf_addch(sb, '"');
}

void add_call(struct strbuf *sb, const struct recording *rec, int index, bool no_demangle)
{
	const struct call *call = &rec->calls[index];

	strbuf_addf(sb, "%s(", call_kind_name(call->kind));
	switch (call->kind) {
	case CALL_DLMOPEN:
		if (call->name_space == LM_ID_BASE)
			strbuf_addstr(sb, "LM_ID_BASE, ");
		else if (call->name_space == LM_ID_NEWLM)
			strbuf_addstr(sb, "LM_ID_NEWLM, ");
		else
			strbuf_addf(sb, "%" PRId64 ", ", call->name_space);
		/* fall through */
	case CALL_DLOPEN:
		add_quoted(sb, call->name);
		strbuf_addstr(sb, ", ");
		add_dlopen_flags(sb, call->flags);
		break;
	case CALL_DLSYM:
	case CALL_DLVSYM:
		add_handle(sb, rec, call);
		strbuf_addstr(sb, ", ");
		if (call->name) {
			strbuf_addch(sb, '"');
			add_symbol(sb, call->name, no_demangle);
			strbuf_addch(sb, '"');
		} else {
			strbuf_addstr(sb, "NULL");
		}
		if (call->kind == CALL_DLVSYM) {
			strbuf_addstr(sb, ", ");
			add_quoted(sb, call->version);
		}
		break;
	case CALL_DLCLOSE:
		add_handle(sb, rec, call);
		break;
	case CALL_THREAD_ATEXIT:
		if (call->result != NONE)
			add_object(sb, rec, call->result);
		else
			strbuf_addf(sb, "0x%" PRIx64, call->handle);
		break;
	}
	strbuf_addch(sb, ')');
}

/* "()" behind a bare function name; demangled ones bring their arguments. */
static void add_function(struct strbuf *sb, const char *function, bool no_demangle)
{
	size_t start = sb->length;

	add_symbol(sb, function, no_demangle);
	if (!strchr(sb->s + start, '(') && !strchr(sb->s + start, '.'))
		strbuf_addstr(sb, "()");
}

/* Where an address is when no function is known: "libx.so+0x12". */
static void add_place(struct strbuf *sb, const struct recording *rec, int object, uint64_t address)
{
	if (!has_object(rec, object)) {
		strbuf_addf(sb, "0x%" PRIx64 " (no object)", address);
		return;
	}
	add_name(sb, object_name(rec, object));
	strbuf_addf(sb, "+0x%" PRIx64, address - rec->objects[object].load_address);
	add_namespace(sb, rec, object);
}

void add_frame(struct strbuf *sb, const struct recording *rec, const struct frame *frame,
	       bool no_demangle)
{
	if (!frame->function) {
		add_place(sb, rec, frame->object, frame->address);
	} else {
		add_function(sb, frame->function, no_demangle);
		if (!frame->file && frame->function_offset)
			strbuf_addf(sb, "+0x%" PRIx64, frame->function_offset);
	}
	if (frame->file) {
		strbuf_addstr(sb, " at ");
		add_name(sb, base_name(frame->file));
		if (frame->line > 0)
			strbuf_addf(sb, ":%d", frame->line);
	}
	if (frame->function && has_object(rec, frame->object)) {
		strbuf_addstr(sb, " in ");
		add_object(sb, rec, frame->object);
	}
}

const struct frame *stack_frames(const struct recording *rec, int stack, size_t *ret_count)
{
	*ret_count = 0;
	if (stack < 0 || (size_t)stack >= rec->stack_count)
		return NULL;
	*ret_count = rec->stacks[stack].frame_count;
	return rec->stacks[stack].frames;
}

void add_caller(struct strbuf *sb, const struct recording *rec, int index, bool no_demangle)
{
	const struct call *call = &rec->calls[index];
	size_t count;
	const struct frame *frames = stack_frames(rec, call->stack, &count);

	if (count)
		add_frame(sb, rec, &frames[0], no_demangle);
	else
		add_place(sb, rec, call->caller, call->caller_address);
}

void add_call_from(struct strbuf *sb, const struct recording *rec, int index, bool no_demangle)
{
	add_call(sb, rec, index, no_demangle);
	strbuf_addstr(sb, " called from ");
	add_caller(sb, rec, index, no_demangle);
}

void add_load_reason(struct strbuf *sb, const struct recording *rec, int index, bool no_demangle)
{
	const struct object *object = &rec->objects[index];

	switch (object->reason) {
	case REASON_MAIN:
		strbuf_addstr(sb, "the program");
		break;
	case REASON_LDSO:
		strbuf_addstr(sb, "the dynamic linker");
		break;
	case REASON_VDSO:
		strbuf_addstr(sb, "mapped by the kernel");
		break;
	case REASON_PRELOAD:
		strbuf_addstr(sb, "preloaded");
		break;
	case REASON_NEEDED:
		strbuf_addstr(sb, "needed by ");
		add_object(sb, rec, object->reason_object);
		break;
	case REASON_DLOPEN:
		if (object->reason_call < 0 || (size_t)object->reason_call >= rec->call_count) {
			strbuf_addstr(sb, "dlopen");
			break;
		}
		strbuf_addf(sb, "%s called from ",
			    call_kind_name(rec->calls[object->reason_call].kind));
		add_caller(sb, rec, object->reason_call, no_demangle);
		break;
	case REASON_LIBC:
		strbuf_addstr(sb, "libc itself");
		break;
	case REASON_AUDIT:
		strbuf_addstr(sb, "came with an auditor");
		break;
	case REASON_INHERITED:
		strbuf_addf(sb, "there when forked from %d", rec->parent_pid);
		break;
	case REASON_UNKNOWN:
		strbuf_addstr(sb, "unknown");
		break;
	}
}

/* sigabbrev_np() knows them all, but came with glibc 2.32. */
const char *signal_name(int number)
{
	static const char *const names[] = {
		[SIGHUP] = "HUP",   [SIGINT] = "INT",       [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
		[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",     [SIGBUS] = "BUS",   [SIGFPE] = "FPE",
		[SIGKILL] = "KILL", [SIGUSR1] = "USR1",     [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
		[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",     [SIGTERM] = "TERM", [SIGXCPU] = "XCPU",
		[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGIO] = "POLL",
		[SIGSYS] = "SYS",
	};

	return number > 0 && (size_t)number < ARRAY_SIZE(names) ? names[number] : NULL;
}

void add_wait_status(struct strbuf *sb, int wait_status)
{
	if (WIFEXITED(wait_status)) {
		strbuf_addf(sb, "exit status %d", WEXITSTATUS(wait_status));
	} else if (WIFSIGNALED(wait_status)) {
		const char *name = signal_name(WTERMSIG(wait_status));

		if (name)
			strbuf_addf(sb, "killed by SIG%s", name);
		else
			strbuf_addf(sb, "killed by signal %d", WTERMSIG(wait_status));
		if (WCOREDUMP(wait_status))
			strbuf_addstr(sb, " (core dumped)");
	} else {
		strbuf_addf(sb, "wait status 0x%x", (unsigned int)wait_status);
	}
}

static bool is_inside(const struct recording *rec, int index)
{
	const struct object *object;

	if (!has_object(rec, index))
		return false;
	object = &rec->objects[index];
	return object->kind == OBJECT_LDSO ||
	       (object->soname && strncmp(object->soname, "libc.so.", 8) == 0);
}

size_t stack_entry(const struct recording *rec, int stack)
{
	size_t count;
	const struct frame *frames = stack_frames(rec, stack, &count);

	for (size_t i = 0; i < count; i++)
		if (!is_inside(rec, frames[i].object))
			return i ? i - 1 : 0;
	return 0;
}

void show_stack(struct render *render, const struct recording *rec, int stack, const char *indent,
		bool no_demangle, size_t from, size_t most)
{
	size_t count;
	const struct frame *frames = stack_frames(rec, stack, &count);
	size_t shown = most && most < count - from ? from + most : count;

	if (!render->is_text)
		return;
	if (from)
		render_line(render, "%s" MARK_DIM "... %zu frames of ld.so and libc" MARK_END,
			    indent, from);
	for (size_t i = from; i < shown; i++) {
		AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

		add_frame(&sb, rec, &frames[i], no_demangle);
		render_line(render, "%s" MARK_DIM "#%-2zu" MARK_END " %s%s", indent, i, sb.s,
			    frames[i].inlined ? " (inlined)" : "");
	}
	if (shown < count)
		render_rest(render, REST_ALL, "%s" MARK_DIM "... %zu more" MARK_END, indent,
			    count - shown);
	else if (count && (rec->stacks[stack].flags & (SPOOL_STACK_CUT | SPOOL_STACK_BROKEN)))
		render_line(render,
			    "%s" MARK_DIM "... the stack could not be followed further" MARK_END,
			    indent);
	else if (!count && stack >= 0)
		render_line(render, "%s" MARK_DIM "(no stack was taken)" MARK_END, indent);
}
