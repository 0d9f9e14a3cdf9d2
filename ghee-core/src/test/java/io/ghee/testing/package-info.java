/** What the tests share: a source and a sink in memory, and jobs with a deadline. Start at {@link io.ghee.testing.Jobs}. */
@NullMarked
package io.ghee.testing;

import org.jspecify.annotations.NullMarked;
