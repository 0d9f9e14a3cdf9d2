package io.ghee.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BufferPoolTest {
    private final BufferPool pool = new BufferPool();

    @Test
    void aBufferIsAtMostAQuarterLongerThanAsked() {
        assertThat(BufferPool.capacity(0)).isEqualTo(4096);
        assertThat(BufferPool.capacity(4096)).isEqualTo(4096);
        assertThat(BufferPool.capacity(4097)).isEqualTo(5120);
        assertThat(BufferPool.capacity(1 << 20)).isEqualTo(1 << 20);
        for (int size = 4097; size < 1 << 20; size += 17) {
            assertThat(BufferPool.capacity(size)).isBetween(size, size + size / 4);
        }
        assertThat(BufferPool.capacity(Integer.MAX_VALUE - 8)).isEqualTo(Integer.MAX_VALUE - 8);
    }

    @Test
    void whatIsGivenBackIsUsedAgain() {
        BufferPool.Loan first = pool.take(10_000);
        ByteBuffer buffer = first.buffer().putLong(0, 77);
        assertThat(buffer.isDirect()).isTrue();
        assertThat(buffer.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        first.giveBack();

        assertThat(pool.take(9_900).buffer().getLong(0)).isEqualTo(77);
        assertThat(pool.lent()).isEqualTo(1);
    }

    @Test
    void whatIsForgottenIsNotUsedAgain() {
        BufferPool.Loan first = pool.take(10_000);
        first.buffer().putLong(0, 77);
        first.forget();

        assertThat(pool.freeBytes()).isZero();
        assertThat(pool.take(10_000).buffer().getLong(0)).isZero();
    }

    @Test
    void aLoanEndsOnce() {
        BufferPool.Loan loan = pool.take(10);
        pool.take(10);
        loan.giveBack();
        loan.giveBack();
        loan.forget();

        assertThat(pool.lent()).isEqualTo(1);
        assertThat(pool.lentBytes()).isEqualTo(4096);
        assertThatThrownBy(loan::buffer).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void lentAndKeptAreNeverMoreThanWasLentAtOnce() {
        SplittableRandom random = new SplittableRandom(3);
        List<BufferPool.Loan> loans = new ArrayList<>();
        long most = 0;
        for (int k = 0; k < 20_000; k++) {
            if (loans.size() < 10 && random.nextBoolean()) {
                loans.add(pool.take(random.nextInt(1 << 14)));
                most = Math.max(most, pool.lentBytes());
            } else if (!loans.isEmpty()) {
                loans.remove(random.nextInt(loans.size())).giveBack();
            }
            assertThat(pool.lentBytes() + pool.freeBytes()).isLessThanOrEqualTo(most);
            assertThat(pool.lent()).isEqualTo(loans.size());
        }
        loans.forEach(BufferPool.Loan::giveBack);
        assertThat(pool.lentBytes()).isZero();

        pool.clear();
        assertThat(pool.freeBytes()).isZero();
    }
}
