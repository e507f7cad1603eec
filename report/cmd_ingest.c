/* plugreport ingest: take in what recorded processes left.  The recorder starts it at exit. */
#include <malloc.h>

#include "report/cmd.h"
#include "report/render/words.h"

int cmd_ingest(struct context *context)
{
	const struct options *options = context->options;
	struct ingest_options how = {
		.spools = (const char *const *)context->operands,
		.spool_count = context->operand_count,
		.live = options->live,
		.quiet = options->quiet,
	};
	struct ingest_result result = {0};
	struct render *render = context->render;
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	/* What one spool needed serves the next one, and comes from the kernel in large pieces. */
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
	if (!store_ingest(options->db, &how, &result))
		return EXIT_DATABASE;
	render_value(render, "database", value_string(options->db));
	render_value(render, "taken", value_integer((int64_t)result.taken));
	render_value(render, "live", value_integer((int64_t)result.live));
	render_value(render, "already", value_integer((int64_t)result.already));
	render_value(render, "busy", value_integer((int64_t)result.busy));
	render_value(render, "failed", value_integer((int64_t)result.failed));
	render_value(render, "rows", value_integer((int64_t)result.rows));
	if (!options->quiet) {
		add_count(&line, result.taken, "spool", "spools");
		strbuf_addstr(&line, " taken in, ");
		add_count(&line, result.rows, "row", "rows");
		strbuf_addstr(&line, " written to ");
		add_name(&line, options->db);
		if (result.live)
			strbuf_addf(&line, "; %zu of running processes", result.live);
		if (result.already)
			strbuf_addf(&line, "; %zu were in it already", result.already);
		if (result.busy)
			strbuf_addf(&line, "; %zu left to another plugreport", result.busy);
		if (result.failed)
			strbuf_addf(&line, "; %zu could not be read", result.failed);
		render_line(render, "%s", line.s);
	}
	return result.failed ? EXIT_DATABASE : EXIT_OK;
}
