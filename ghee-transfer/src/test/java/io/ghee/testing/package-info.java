/** Sources, sinks and functions that work across processes: what they leave, they leave in files. */
@NullMarked
package io.ghee.testing;

import org.jspecify.annotations.NullMarked;
