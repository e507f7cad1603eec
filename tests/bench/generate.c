/*
 * generate.c - write the sources of a program with many libraries and many symbol references, and
 * the makefile that builds them.
 *
 *     generate DIRECTORY LIBRARIES REFERENCES CALLED%
 *
 * Every reference is one relocation that names a symbol.  CALLED percent of them are lazy PLT slots
 * that the program calls through once; of the rest an eighth are PLT slots that nobody calls, a
 * quarter pointers in the GOT, the others pointers in data (every eighth one to the symbol before,
 * as vtables share functions).  The first libraries define what most others refer to, with symbol
 * versions and a thread-local variable, and the program copies a variable of each: like a program's
 * toolkit, C++ runtime and libc.
 *
 * "program" calls through all lazy slots, "program 0" through none of them.  The same arguments
 * give the same program.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct shape {
	const char *directory;
	unsigned int libraries, references, called_percent;
	unsigned int hubs;      /* the first libraries: versions, TLS, everybody links with them */
	unsigned int functions; /* that each library defines */
};

/* What one library refers to: for each definer, how many of its functions were taken. */
struct picker {
	unsigned int library;
	unsigned int *taken;
	uint64_t random;
};

static void die(const char *what)
{
	fprintf(stderr, "generate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static FILE *create(const struct shape *shape, const char *format, ...)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/", shape->directory);
	va_list arguments;
	FILE *f;

	va_start(arguments, format);
	vsnprintf(path + n, sizeof(path) - (size_t)n, format, arguments);
	va_end(arguments);
	f = fopen(path, "w");
	if (!f)
		die(path);
	return f;
}

static void finish(FILE *f)
{
	if (fflush(f) != 0 || ferror(f) || fclose(f) != 0)
		die("writing the sources");
}

/* The next function that no reference of this library named before: mostly of the first libraries,
 * by the square of a random number. */
static void pick(const struct shape *shape, struct picker *picker, unsigned int *ret_library,
		 unsigned int *ret_function)
{
	double where;
	unsigned int library;

	picker->random = picker->random * 6364136223846793005u + 1442695040888963407u;
	where = (double)(picker->random >> 40) / (double)(1 << 24);
	library = (unsigned int)(where * where * shape->libraries);
	while (picker->taken[library] == shape->functions)
		library = (library + 1) % shape->libraries;
	*ret_library = library;
	*ret_function = (picker->library * 31 + picker->taken[library]++) % shape->functions;
}

/* `count` references of one sort: declarations, then `format` for each of them. */
struct reference {
	unsigned int library, function;
};

static struct reference *pick_many(const struct shape *shape, struct picker *picker,
				   unsigned int count, FILE *f)
{
	struct reference *all = calloc(count + 1, sizeof(*all));

	if (!all)
		die("memory");
	for (unsigned int i = 0; i < count; i++) {
		pick(shape, picker, &all[i].library, &all[i].function);
		fprintf(f, "int bench_library_%03u_function_%05u(int);\n", all[i].library,
			all[i].function);
	}
	return all;
}

static void write_calls(FILE *f, const char *name, const struct reference *all, unsigned int count)
{
	fprintf(f, "int %s(int x)\n{\n", name);
	for (unsigned int i = 0; i < count; i++)
		fprintf(f, "\tx += bench_library_%03u_function_%05u(x);\n", all[i].library,
			all[i].function);
	fprintf(f, "\treturn x;\n}\n");
}

static void write_library(const struct shape *shape, unsigned int library)
{
	unsigned int references = shape->references / (shape->libraries - shape->hubs);
	unsigned int called = references * shape->called_percent / 100;
	unsigned int rest = references - called;
	unsigned int uncalled = rest / 8, got = rest / 4, data = rest - uncalled - got;
	struct picker picker = {.library = library, .random = library};
	struct reference *all;
	FILE *f = create(shape, "library_%03u.c", library);
	char name[64];

	picker.taken = calloc(shape->libraries, sizeof(*picker.taken));
	if (!picker.taken)
		die("memory");
	fprintf(f, "/* Written by generate.c. */\n");
	for (unsigned int i = 0; i < shape->functions; i++)
		fprintf(f, "int bench_library_%03u_function_%05u(int x)\n{\n\treturn x + %u;\n}\n",
			library, i, i);
	if (library < shape->hubs) {
		fprintf(f, "int bench_data_%03u = %u;\n__thread int bench_thread_%03u;\n", library,
			library, library);
		finish(f);
		free(picker.taken);
		return;
	}
	fprintf(f,
		"extern __thread int bench_thread_%03u;\nint *bench_thread_of_%03u(void)\n{\n"
		"\treturn &bench_thread_%03u;\n}\n",
		library % shape->hubs, library, library % shape->hubs);
	all = pick_many(shape, &picker, called, f);
	snprintf(name, sizeof(name), "bench_call_%03u", library);
	write_calls(f, name, all, called);
	free(all);
	all = pick_many(shape, &picker, uncalled, f);
	snprintf(name, sizeof(name), "bench_never_%03u", library);
	write_calls(f, name, all, uncalled);
	free(all);
	all = pick_many(shape, &picker, got, f);
	fprintf(f, "int bench_got_%03u(int (*volatile *place)(int))\n{\n", library);
	for (unsigned int i = 0; i < got; i++)
		fprintf(f, "\t*place = bench_library_%03u_function_%05u;\n", all[i].library,
			all[i].function);
	fprintf(f, "\treturn 0;\n}\n");
	free(all);
	all = pick_many(shape, &picker, data, f);
	fprintf(f, "int (*bench_table_%03u[])(int) = {\n", library);
	for (unsigned int i = 0; i < data; i++) {
		const struct reference *r = &all[i % 8 == 7 ? i - 1 : i];

		fprintf(f, "\tbench_library_%03u_function_%05u,\n", r->library, r->function);
	}
	fprintf(f, "\t0};\n");
	free(all);
	free(picker.taken);
	finish(f);
}

static void write_program(const struct shape *shape)
{
	FILE *f = create(shape, "program.c");

	fprintf(f, "/* Written by generate.c. */\n");
	for (unsigned int i = 0; i < shape->hubs; i++)
		fprintf(f, "extern int bench_data_%03u;\n", i);
	for (unsigned int i = shape->hubs; i < shape->libraries; i++)
		fprintf(f, "int bench_call_%03u(int);\n", i);
	fprintf(f, "int main(int argc, char **argv)\n{\n\tint x = 0;\n\t(void)argv;\n");
	for (unsigned int i = 0; i < shape->hubs; i++)
		fprintf(f, "\tx += bench_data_%03u;\n", i);
	fprintf(f, "\tif (argc > 1)\n\t\treturn 0;\n");
	for (unsigned int i = shape->hubs; i < shape->libraries; i++)
		fprintf(f, "\tx += bench_call_%03u(x);\n", i);
	fprintf(f, "\treturn x == 1;\n}\n");
	finish(f);
}

static void write_makefile(const struct shape *shape)
{
	FILE *f = create(shape, "Makefile");

	/* Libraries refer to each other in circles: undefined symbols are found through the
	 * program. Only the first ones are named by the others, for their versions. */
	fprintf(f,
		"# Written by generate.c.\n"
		"CC = gcc\n"
		"HUBS := $(foreach n,$(shell seq -f %%03g 0 %u),libbench_$n.so)\n"
		"OTHERS := $(foreach n,$(shell seq -f %%03g %u %u),libbench_$n.so)\n"
		"program: program.c $(HUBS) $(OTHERS)\n"
		"\t$(CC) -w -O1 -fno-pie -no-pie -Wl,-z,lazy -Wl,--no-as-needed -o $@ $< "
		"$(OTHERS) $(HUBS) -Wl,-rpath,'$$ORIGIN' -Wl,--allow-shlib-undefined\n"
		"$(HUBS): libbench_%%.so: library_%%.c hub.map\n"
		"\t$(CC) -w -O1 -fPIC -shared -Wl,-z,lazy -Wl,-soname,$@ "
		"-Wl,--version-script=hub.map -o $@ $<\n"
		"$(OTHERS): libbench_%%.so: library_%%.c $(HUBS)\n"
		"\t$(CC) -w -O1 -fPIC -shared -Wl,-z,lazy -Wl,-soname,$@ -o $@ $< $(HUBS)\n",
		shape->hubs - 1, shape->hubs, shape->libraries - 1);
	finish(f);
	f = create(shape, "hub.map");
	fprintf(f, "BENCH_1.0 { global: *; };\n");
	finish(f);
}

int main(int argc, char **argv)
{
	struct shape shape = {0};

	if (argc != 5) {
		fprintf(stderr, "usage: generate DIRECTORY LIBRARIES REFERENCES CALLED%%\n");
		return 2;
	}
	shape.directory = argv[1];
	shape.libraries = (unsigned int)strtoul(argv[2], NULL, 10);
	shape.references = (unsigned int)strtoul(argv[3], NULL, 10);
	shape.called_percent = (unsigned int)strtoul(argv[4], NULL, 10);
	if (shape.libraries < 2 || shape.libraries > 999 || shape.references > 50000000 ||
	    shape.called_percent > 100) {
		fprintf(stderr, "generate: 2 to 999 libraries, up to 50000000 references, "
				"0 to 100 percent\n");
		return 2;
	}
	shape.hubs = (shape.libraries + 24) / 25;
	/* Each library takes a different function by each of its references. */
	shape.functions = 2 * shape.references / shape.libraries / shape.libraries + 100;
	if (mkdir(shape.directory, 0777) != 0 && errno != EEXIST)
		die(shape.directory);
	for (unsigned int i = 0; i < shape.libraries; i++)
		write_library(&shape, i);
	write_program(&shape);
	write_makefile(&shape);
	return 0;
}
