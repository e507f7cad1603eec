/* plugreport interpositions: symbols with several definitions, and who got which. */
#include <elf.h>
#include <inttypes.h>

#include "report/cmd_concerned.h"
#include "report/cmd_interpositions.h"
#include "report/elf/elf.h"
#include "report/model/moment.h"
#include "report/render/words.h"
#include "report/store/bound_rows.h"
#include "report/store/load_scopes.h"
#include "report/store/symbol_tables.h"

#define USERS_SHOWN    3  /* of a symbol, without --all */
#define DEFINERS_SHOWN 5  /* likewise */
#define ROWS_SHOWN     50 /* symbols, and pairs, of a process, unless asked for more */

/* --- what is shown --- */

static bool is_concerned(const struct interpose_view *view, const struct interposition *i)
{
	bool concerns = !view->concerned;

	for (size_t j = 0; j < i->definer_count && !concerns; j++)
		concerns = view->concerned[i->definers[j].object];
	for (size_t j = 0; j < i->user_count && !concerns; j++)
		concerns = i->users[j].from != NONE && view->concerned[i->users[j].from];
	return concerns;
}

bool interposition_wanted(const struct interpose_view *view, const struct interposition *i)
{
	const struct options *options = view->show->options;
	const char *symbol = name_string(&view->set->names, i->symbol);
	AUTO_FREE char *readable = NULL;

	if (!is_concerned(view, i))
		return false;
	if (!options->symbol)
		return options->all || i->interest >= INTEREST_WARNING;
	readable = demangle(symbol);
	return symbol_is_meant(options->symbol, symbol, readable);
}

bool interposition_pair_wanted(const struct interpose_view *view,
			       const struct interposition_pair *pair)
{
	if (view->concerned && !view->concerned[pair->winner] && !view->concerned[pair->loser])
		return false;
	return view->show->options->all || pair->interest >= INTEREST_WARNING;
}

/* --- text --- */

/* The columns of the legend in plugreport(1): what happened, then what it is. */
static void add_marks(struct strbuf *sb, const struct interposition *i)
{
	static const struct {
		unsigned int what;
		char mark;
	} marks[] = {{WHAT_INTERPOSED, 'I'},
		     {WHAT_DIVERTED, 'D'},
		     {WHAT_SPLIT, 'S'},
		     {WHAT_SPLIT_IN_TIME, 'T'},
		     {WHAT_VAGUE_SPLIT, 'V'}};
	const struct interposition_definer *winner = &i->definers[0];
	char type = 'f', bind = 'g';

	for (size_t j = 0; j < i->definer_count; j++)
		if (i->definers[j].object == i->winner)
			winner = &i->definers[j];
	if (winner->type == STT_TLS)
		type = 't';
	else if (winner->type == STT_OBJECT || winner->type == STT_COMMON)
		type = 'd';
	if (winner->bind == STB_WEAK)
		bind = 'w';
	else if (winner->bind == STB_GNU_UNIQUE)
		bind = 'u';
	for (size_t j = 0; j < ARRAY_SIZE(marks); j++)
		strbuf_addch(sb, (char)(i->what & marks[j].what ? marks[j].mark : '-'));
	strbuf_addch(sb, type);
	strbuf_addch(sb, bind);
}

/* Each (from, to) once, those that missed something first. */
static bool is_repeated(const struct interposition *i, size_t at)
{
	for (size_t j = 0; j < at; j++)
		if (i->users[j].from == i->users[at].from && i->users[j].to == i->users[at].to &&
		    (i->users[j].kind == BOUND_DLSYM) == (i->users[at].kind == BOUND_DLSYM))
			return true;
	return false;
}

static void add_user(const struct interpose_view *view, struct strbuf *sb,
		     const struct interposition_user *user)
{
	if (sb->length)
		strbuf_addstr(sb, ", ");
	strbuf_addstr(sb, view->names[user->from == NONE ? view->show->rec->object_count
							 : (size_t)user->from]);
	if (user->kind == BOUND_DLSYM)
		strbuf_addstr(sb, " (dlsym)");
	if (user->kind == BOUND_COPY)
		strbuf_addstr(sb, " (copied)");
	strbuf_addstr(sb, user->from == user->to ? " to itself" : " to ");
	if (user->from != user->to)
		strbuf_addstr(sb, view->names[user->to]);
}

static void add_users(const struct interpose_view *view, struct strbuf *sb,
		      const struct interposition *i)
{
	size_t most = view->show->options->all ? SIZE_MAX : USERS_SHOWN, left = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t j = 0; j < i->user_count; j++) {
			if ((i->users[j].missed == NONE) != (pass == 1) || is_repeated(i, j))
				continue;
			if (most == 0) {
				left++;
				continue;
			}
			add_user(view, sb, &i->users[j]);
			most--;
		}
	if (left)
		strbuf_addf(sb, ", +%zu", left);
}

static void add_definers(const struct interpose_view *view, struct strbuf *sb,
			 const struct interposition *i)
{
	size_t most = view->show->options->all ? SIZE_MAX : DEFINERS_SHOWN;

	for (size_t j = 0; j < i->definer_count && j < most; j++) {
		if (j)
			strbuf_addstr(sb, ", ");
		strbuf_addstr(sb, view->names[i->definers[j].object]);
	}
	if (i->definer_count > most)
		strbuf_addf(sb, ", +%zu", i->definer_count - most);
}

static enum style style_of(enum interest interest)
{
	return interest == INTEREST_ERROR     ? STYLE_BAD
	       : interest == INTEREST_WARNING ? STYLE_WARN
					      : STYLE_DIM;
}

static void add_since(const struct interpose_view *view, struct strbuf *sb, uint64_t seq)
{
	uint64_t ns;

	if (!seq)
		return;
	strbuf_addf(sb, "%" PRIu64, seq);
	if (recording_time_at(view->show->rec, seq, &ns)) {
		strbuf_addstr(sb, ", ");
		add_time(sb, ns);
	}
}

/* How many rows a table may have. */
static size_t most_rows(const struct interpose_view *view)
{
	const struct options *options = view->show->options;

	return options->all || options->symbol || view->concerned ? SIZE_MAX : ROWS_SHOWN;
}

static void show_rest(const struct interpose_view *view, size_t wanted, const char *what)
{
	size_t most = most_rows(view);

	if (wanted > most)
		render_rest(view->show->render, "--all, or LIB, shows them",
			    MARK_DIM "  and %zu more %s" MARK_END, wanted - most, what);
}

static void show_pairs(const struct interpose_view *view)
{
	static const struct column columns[] = {
		{NULL, "WINNER", COLUMN_WRAP},        {NULL, "LOSER", COLUMN_WRAP},
		{NULL, "COMMON", COLUMN_RIGHT},       {NULL, "OWN CALLS LOST", COLUMN_RIGHT},
		{NULL, "OTHERS' LOST", COLUMN_RIGHT}, {NULL, "SPLIT", COLUMN_RIGHT},
		{NULL, "VAGUE", COLUMN_RIGHT},        {NULL, "SINCE", COLUMN_SPARE},
	};

	size_t wanted = 0;

	render_table(view->show->render, NULL, columns, ARRAY_SIZE(columns));
	for (size_t j = 0; j < view->all->pair_count; j++) {
		const struct interposition_pair *pair = &view->all->pairs[j];
		AUTO_STRBUF struct strbuf since = STRBUF_INIT;

		if (!interposition_pair_wanted(view, pair) || ++wanted > most_rows(view))
			continue;
		add_since(view, &since, pair->since);
		render_row(view->show->render,
			   (const struct value[]){
				   value_styled(value_string(view->names[pair->winner]),
						style_of(pair->interest)),
				   value_string(view->names[pair->loser]),
				   value_count(pair->symbols),
				   value_count(pair->interposed),
				   value_count(pair->diverted),
				   value_count(pair->split),
				   value_count(pair->vague),
				   value_string(since.s),
			   });
	}
	render_table_close(view->show->render);
	show_rest(view, wanted, "pairs");
}

static void show_symbols(const struct interpose_view *view)
{
	const struct options *options = view->show->options;
	const struct column columns[] = {
		{NULL, "WHAT", 0},
		{NULL, "SYMBOL", COLUMN_WRAP},
		{NULL, "DEFINED IN", COLUMN_WRAP},
		{NULL, "BOUND", COLUMN_WRAP},
		{NULL, "SINCE", COLUMN_SPARE},
		{NULL, options->all || options->symbol ? "REASON" : NULL, 0},
	};

	size_t wanted = 0;

	render_table(view->show->render, NULL, columns, ARRAY_SIZE(columns));
	for (size_t j = 0; j < view->all->count; j++) {
		const struct interposition *i = &view->all->list[j];
		AUTO_STRBUF struct strbuf what = STRBUF_INIT, symbol = STRBUF_INIT;
		AUTO_STRBUF struct strbuf definers = STRBUF_INIT, users = STRBUF_INIT;
		AUTO_STRBUF struct strbuf since = STRBUF_INIT;

		if (!interposition_wanted(view, i) || ++wanted > most_rows(view))
			continue;
		add_marks(&what, i);
		add_symbol(&symbol, name_string(&view->set->names, i->symbol),
			   options->no_demangle);
		add_definers(view, &definers, i);
		add_users(view, &users, i);
		add_since(view, &since, i->since);
		render_row(
			view->show->render,
			(const struct value[]){
				value_styled(value_string(what.s), style_of(i->interest)),
				value_shown(value_string(name_string(&view->set->names, i->symbol)),
					    symbol.s),
				value_shown(value_string(definers.s), definers.s),
				value_shown(value_string(users.s), users.s),
				value_string(since.s),
				value_string(i->dull == DULL_NOT ? interest_name(i->interest)
								 : dull_name(i->dull)),
			});
	}
	render_table_close(view->show->render);
	show_rest(view, wanted, "symbols");
}

static void show_summary(const struct interpose_view *view)
{
	const struct interpositions *all = view->all;
	size_t wrong = view->by_interest[INTEREST_ERROR];
	size_t count = wrong + view->by_interest[INTEREST_WARNING];
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	if (count == 0) {
		strbuf_addstr(&line, "nothing to look at");
		if (strcmp(view->show->rec->begin_kind, "fork") == 0)
			strbuf_addstr(&line, " in what was bound since the fork");
	} else {
		add_count(&line, count, "symbol", "symbols");
		strbuf_addstr(&line, " to look at, ");
		if (count == 1) {
			strbuf_addstr(&line, wrong ? "wrong for somebody" : "wrong for nobody");
		} else {
			add_number(&line, wrong);
			strbuf_addstr(&line, " of them wrong for somebody");
		}
	}
	strbuf_addstr(&line, "; several objects define ");
	if (view->concerned) {
		add_number(&line, view->count);
		strbuf_addstr(&line, " of the symbols that what you named defines or uses");
	} else {
		add_count(&line, view->count, "symbol that is in use", "symbols that are in use");
	}
	render_line(view->show->render, "%s", line.s);
	if (all->inexact) {
		AUTO_STRBUF struct strbuf caveat = STRBUF_INIT;

		add_count(&caveat, all->inexact, "object", "objects");
		render_line(view->show->render,
			    MARK_WARN
			    "! the symbols of %s are known from the recording only: there "
			    "may be more" MARK_END,
			    caveat.s);
	}
}

/* With LIB only what concerns it is shown: counts of the whole process would contradict the rows.
 */
static void count_concerned(struct interpose_view *view)
{
	for (size_t j = 0; j < view->all->count; j++) {
		const struct interposition *i = &view->all->list[j];

		if (!is_concerned(view, i))
			continue;
		view->by_interest[i->interest]++;
		view->count++;
	}
}

static void make_names(struct interpose_view *view)
{
	const struct recording *rec = view->show->rec;

	view->names = xcalloc(rec->object_count + 1, sizeof(*view->names));
	for (size_t j = 0; j <= rec->object_count; j++) {
		AUTO_STRBUF struct strbuf name = STRBUF_INIT;

		add_object(&name, rec, j == rec->object_count ? NONE : (int)j);
		view->names[j] = strbuf_detach(&name);
	}
}

static void free_names(struct interpose_view *view)
{
	for (size_t j = 0; j <= view->show->rec->object_count; j++)
		free(view->names[j]);
	free(view->names);
}

void show_interpositions(const struct show *show, const struct bound_set *set,
			 const struct interpositions *all, const bool *concerned)
{
	struct interpose_view view = {.show = show, .set = set, .all = all, .concerned = concerned};
	bool any_pair = false, any_symbol = false;

	count_concerned(&view);
	if (!show->render->is_text) {
		interpositions_to_json(&view);
		return;
	}
	make_names(&view);
	show_summary(&view);
	for (size_t j = 0; j < all->pair_count && !any_pair; j++)
		any_pair = interposition_pair_wanted(&view, &all->pairs[j]);
	for (size_t j = 0; j < all->count && !any_symbol; j++)
		any_symbol = interposition_wanted(&view, &all->list[j]);
	if (any_pair && !show->options->symbol) {
		render_blank(show->render);
		show_pairs(&view);
	}
	if (any_symbol) {
		render_blank(show->render);
		show_symbols(&view);
	}
	free_names(&view);
}

/* --- the command --- */

static bool show_process(struct concern *concern, const struct show *show, const bool *concerned)
{
	struct store *store = concern->context->store;
	AUTO_INTERPOSITIONS struct interpositions all = {0};
	AUTO_BOUND struct bound_set set;
	AUTO_SYMBOLS struct symbol_provider *symbols = NULL;
	AUTO_SCOPES struct loaded_scopes scopes = {0};
	bool quiet;

	if (!store_load_bound(store, show->rec, &set) ||
	    !store_scopes(store, show->rec, SCOPES_ALONE, &scopes))
		return false;
	symbols = symbol_tables_open(store, show->rec);
	interpositions_build(show->rec, &set, symbols, scopes.scopes, &all);
	quiet = all.by_interest[INTEREST_WARNING] + all.by_interest[INTEREST_ERROR] == 0;
	if (concern_begin(concern, show, quiet)) {
		show_interpositions(show, &set, &all, concerned);
		concern_end(show);
	}
	return true;
}

int cmd_interpositions(struct context *context)
{
	return show_concerned(context, show_process);
}
