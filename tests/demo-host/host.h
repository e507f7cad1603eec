/*
 * host.h - what the demonstration's plugin host and its plugins share.
 *
 * The host is a small program that loads everything in its plugins/ directory, the way real ones do
 * it: with private copies of libraries, RPATHs, a namespace of its own, a plugin that can't be
 * loaded.
 */
#ifndef HOST_H
#define HOST_H

/* Each plugin defines one of these under the name "plugin". */
struct plugin {
	const char *name;
	const char *(*describe)(void); /* one line about what the plugin works with */
};

/* How a plugin is to be loaded. */
enum plugin_mode {
	PLUGIN_SHARED,   /* dlopen */
	PLUGIN_ISOLATED, /* dlmopen, into a new namespace */
};

/* libhostcore.so */
void *plugin_open(const char *path, enum plugin_mode mode);
const struct plugin *plugin_find(void *handle);
void plugin_close(void *handle);
int extras_load(void);

/* libcodec.so.1: the png and the jpeg plugin each bring their own copy. */
const char *codec_name(void);

/* librender.so, which needs libtext.so */
const char *render_name(void);
const char *text_name(void);

#endif
