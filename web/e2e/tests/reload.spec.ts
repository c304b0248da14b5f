import { connect } from '../src/person.ts'
import { expect, test } from '../src/fixtures.ts'

for (const who of ['caller', 'callee'] as const) {
  test(`the ${who} reloads the page and is back in the call`, async ({ arrive }) => {
    const red = await arrive('red')
    const green = await arrive('green')
    await connect(red, green)
    await Promise.all([red.expectFrames(), green.expectFrames()])
    const [leaver, stayer] = who === 'caller' ? [red, green] : [green, red]
    await leaver.page.reload()
    await leaver.expectConnected()
    await leaver.expectSees(stayer.colour)
    await stayer.expectFrames(20)
    await stayer.expectSees(leaver.colour)
    await stayer.expectHears(leaver.colour)
    await leaver.hangUp()
    await expect(stayer.ended).toBeVisible()
  })
}
