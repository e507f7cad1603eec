/*
 * core.c - libhostcore.so: the host's loading of plugins.
 */
#include <dlfcn.h>
#include <stddef.h>

#include "host.h"

/* Open the plugin twice, as hosts do that probe first; NULL when ld.so refuses. */
void *plugin_open(const char *path, enum plugin_mode mode)
{
	void *handle;

	if (mode == PLUGIN_ISOLATED)
		return dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
	handle = dlopen(path, RTLD_LAZY);
	if (!handle)
		return NULL;
	if (dlopen(path, RTLD_LAZY | RTLD_NOLOAD))
		dlclose(handle);
	return handle;
}

const struct plugin *plugin_find(void *handle)
{
	return dlsym(handle, "plugin");
}

void plugin_close(void *handle)
{
	dlclose(handle);
}

/* A bare name: found in extras/ beside this library, because the RUNPATH of the caller counts. */
int extras_load(void)
{
	void *handle = dlopen("libextra.so", RTLD_LAZY | RTLD_GLOBAL);
	int (*version)(void);

	if (!handle)
		return -1;
	version = (int (*)(void))dlsym(handle, "extra_version");
	return version ? version() : -1;
}
