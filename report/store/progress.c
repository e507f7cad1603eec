#include "report/store/progress.h"

#include <time.h>
#include <unistd.h>

#include "report/util.h"

#define PATIENCE_NS UINT64_C(1000000000)
#define PAUSE_NS    UINT64_C(200000000)
#define NAME_SHOWN  40 /* characters: the line must not be broken */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void progress_begin(struct progress *progress, bool wanted)
{
	*progress = (struct progress){.wanted = wanted && isatty(STDERR_FILENO)};
	if (progress->wanted)
		progress->next_ns = now_ns() + PATIENCE_NS;
}

void progress_at(struct progress *progress, const char *what, const char *name)
{
	progress->what = what;
	progress->name = base_name(name);
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total)
{
	AUTO_FREE char *name = NULL;
	uint64_t now;
	size_t length;

	if (!progress || !progress->wanted || (now = now_ns()) < progress->next_ns)
		return;
	progress->next_ns = now + PAUSE_NS;
	progress->shown = true;
	name = escape(progress->name);
	length = strlen(name);
	fprintf(stderr, "\r%s %s: %3u %%", progress->what,
		length > NAME_SHOWN ? name + length - NAME_SHOWN : name,
		(unsigned int)(done < total ? (double)done / (double)total * 100
			       : total      ? 100
					    : 0));
	if (progress->count > 1)
		fprintf(stderr, " (%zu of %zu)", progress->number, progress->count);
	fputs("\033[K", stderr);
	fflush(stderr);
}

void progress_clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
