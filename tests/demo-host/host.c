/*
 * host.c - the program: loads the plugins named on the command line, or all of them, and says what
 * each works with.
 */
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

static const char *const all_plugins[] = {"png", "jpeg", "report", "sandbox", "broken"};
#define PLUGIN_COUNT (sizeof(all_plugins) / sizeof(all_plugins[0]))

static void *load(const char *directory, const char *name)
{
	enum plugin_mode mode = strcmp(name, "sandbox") == 0 ? PLUGIN_ISOLATED : PLUGIN_SHARED;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/plugins/%s/%s.so", directory, name, name);
	return plugin_open(path, mode);
}

static void use(const char *name, void *handle)
{
	const struct plugin *plugin;

	if (!handle) {
		printf("%s: could not be loaded\n", name);
		return;
	}
	plugin = plugin_find(handle);
	if (plugin)
		printf("%s: %s\n", plugin->name, plugin->describe());
}

/* Load all, use all, close all. */
static void serve(const char *directory, const char *const *names, size_t count)
{
	void *handles[PLUGIN_COUNT] = {0};

	if (count > PLUGIN_COUNT)
		count = PLUGIN_COUNT;
	for (size_t i = 0; i < count; i++)
		handles[i] = load(directory, names[i]);
	for (size_t i = 0; i < count; i++)
		use(names[i], handles[i]);
	for (size_t i = 0; i < count; i++)
		if (handles[i])
			plugin_close(handles[i]);
}

int main(int argc, char **argv)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *directory;

	if (length < 0)
		return 1;
	self[length] = '\0';
	directory = dirname(self);
	printf("extras: %d\n", extras_load());
	if (argc > 1)
		serve(directory, (const char *const *)argv + 1, (size_t)argc - 1);
	else
		serve(directory, all_plugins, PLUGIN_COUNT);
	printf("user: %s\n", getpwuid(0) ? "known" : "unknown");
	return 0;
}
